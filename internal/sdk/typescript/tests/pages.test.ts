import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentExchangeClient, type Agent } from "agentexchange";
import { Proxy } from "./proxy.js";
import { register } from "./server.js";

test("an iterator returns all pages, each fetched when needed", async (t) => {
  const proxy = await Proxy.start(t);
  const { client } = await register({ baseUrl: proxy.url });
  await Promise.all([1, 2, 3, 4].map((n) => client.createAgent({ display_name: `Agent ${n}` })));
  const fetched = () => proxy.of("GET", "/api/v1/agents").length;

  const all: Agent[] = [];
  for await (const agent of client.iterateAgents({ limit: 2 })) all.push(agent);
  assert.deepEqual(all, (await client.listAgents()).agents);
  assert.equal(all.length, 5);
  assert.equal(fetched(), 4);

  for await (const agent of client.iterateAgents({ limit: 2, offset: 1 })) {
    assert.equal(agent.id, all[1]?.id);
    break;
  }
  assert.equal(fetched(), 5);
});

test("an iterator over an empty list ends", async () => {
  const { account } = await register();
  const agent = new AgentExchangeClient({ apiKey: account.agent_api_key });
  for await (const order of agent.iterateOrders({ status: "filled" })) assert.fail(order.order_id);
});

test("an iterator passes filters and errors on", async () => {
  const { account } = await register();
  const agent = new AgentExchangeClient({ apiKey: account.agent_api_key });
  await agent.placeOrder({ symbol: "BTCUSDT", side: "buy", type: "market", quantity: "0.001" });
  for await (const { asset } of agent.iterateLedger({ asset: "BTC", limit: 1 })) assert.equal(asset, "BTC");
  await assert.rejects(agent.iterateTrades({ limit: 0 }).next(), { code: "VALIDATION_ERROR" });
});
