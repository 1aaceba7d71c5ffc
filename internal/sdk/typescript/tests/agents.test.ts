import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentNotFoundError, ValidationError } from "agentexchange";
import { register } from "./server.js";

test("an agent is created, found, listed, cloned, archived and deleted", async () => {
  const { client } = await register();
  const created = await client.createAgent({ display_name: "RSI Scalper", starting_balance: "5000.00", strategy_tags: ["rsi"] });
  assert.match(created.api_key, /^ak_live_/);
  assert.equal((await client.getAgentApiKey(created.agent_id)).api_key, created.api_key);
  assert.notEqual((await client.regenerateAgentKey(created.agent_id)).api_key, created.api_key);

  const clone = await client.cloneAgent(created.agent_id, { new_name: "Ähnlich & anders" });
  assert.equal(clone.display_name, "Ähnlich & anders");
  assert.equal((await client.cloneAgent(created.agent_id)).display_name, "RSI Scalper (copy)");

  assert.equal((await client.archiveAgent(clone.agent_id)).status, "archived");
  assert.equal((await client.listAgents()).total, 3);
  assert.equal((await client.listAgents({ include_archived: true })).total, 4);
  assert.equal((await client.getAgentOverview()).agents.length, 3);

  assert.equal(await client.deleteAgent(clone.agent_id), undefined);
  await assert.rejects(client.getAgent(clone.agent_id), AgentNotFoundError);
});

test("an update changes what is sent, and null clears a field", async () => {
  const { client } = await register();
  const { agent_id: id } = await client.createAgent({
    display_name: "RSI Scalper",
    llm_model: "claude-sonnet-4-6",
    framework: "custom",
    strategy_tags: ["rsi", "scalping"],
  });
  const agent = await client.updateAgent(id, { display_name: "RSI Scalper v2", llm_model: null });
  assert.equal(agent.display_name, "RSI Scalper v2");
  assert.equal(agent.llm_model, null);
  assert.equal(agent.framework, "custom");
  assert.deepEqual(agent.strategy_tags, ["rsi", "scalping"]);
  assert.deepEqual(await client.getAgent(id), agent);
  // @ts-expect-error a name cannot be cleared
  await assert.rejects(client.updateAgent(id, { display_name: null }), ValidationError);
});

test("risk limits are read and replaced, and a broken limit is named", async () => {
  const { client, account } = await register();
  const limits = { max_position_size_pct: 10, daily_loss_limit_pct: 5, max_open_orders: 5 };
  assert.deepEqual(await client.updateAgentRisk(account.agent_id, limits), limits);
  assert.deepEqual(await client.getAgentRisk(account.agent_id), limits);
  await assert.rejects(client.updateAgentRisk(account.agent_id, { ...limits, max_open_orders: 201 }), (error: unknown) => {
    assert(error instanceof ValidationError);
    assert.deepEqual(error.details?.errors, [{ field: "/max_open_orders", message: "must be at most 200" }]);
    return true;
  });
});

test("the skill file comes as text", async () => {
  const { client, account } = await register();
  const skill = await client.getAgentSkill(account.agent_id, { include_key: false });
  assert.match(skill, /^# Agent: /);
  assert(!skill.includes(account.agent_api_key));
});
