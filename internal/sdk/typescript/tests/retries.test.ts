import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  AgentExchangeClient,
  AgentNotFoundError,
  ConnectionError,
  IdempotencyKeyReusedError,
  TimeoutError,
  ValidationError,
} from "agentexchange";
import { Proxy, type Fault } from "./proxy.js";
import { register } from "./server.js";

const agents = "/api/v1/agents";

async function behindProxy(t: TestContext) {
  const proxy = await Proxy.start(t);
  return { proxy, ...(await register({ baseUrl: proxy.url })) };
}

const inFlight = JSON.stringify({ error: { code: "IDEMPOTENCY_IN_FLIGHT", message: "Repeat it in a moment.", request_id: "r" } });
const passing: readonly [string, Fault][] = [
  ["whose answer is lost", "cut after"],
  ["whose answer is lost half way", "cut midway"],
  ["that never arrives", "cut before"],
  ["that is not answered in time", "no answer"],
  ["that the server has no room for", { status: 429, headers: { "Retry-After": "0" } }],
  ["that a proxy answers with 502", { status: 502, body: "<html>Bad Gateway</html>" }],
  ["whose first attempt is still being worked on", { status: 409, headers: { "Content-Type": "application/json" }, body: inFlight }],
];
for (const [what, fault] of passing) {
  test(`a creation ${what} is repeated with the same key and creates one agent`, async (t) => {
    const { client, proxy } = await behindProxy(t);
    proxy.fail("POST", agents, fault, fault);
    const created = await client.createAgent({ display_name: "Only one" }, { timeoutMs: fault === "no answer" ? 1_000 : 10_000 });
    const attempts = proxy.of("POST", agents);
    assert.equal(attempts.length, 3);
    assert.equal(new Set(attempts.map(({ headers }) => headers["idempotency-key"])).size, 1);
    const named = (await client.listAgents()).agents.filter(({ display_name: name }) => name === "Only one");
    assert.deepEqual(named.map(({ id }) => id), [created.agent_id]);
  });
}

test("a registration whose answer is lost returns the account it created", async (t) => {
  const proxy = await Proxy.start(t);
  proxy.fail("POST", "/api/v1/auth/register", "cut after");
  const email = `${crypto.randomUUID()}@example.com`; // a second account could not use it
  const account = await new AgentExchangeClient({ baseUrl: proxy.url }).register({ display_name: "Ada", email });
  assert.match(account.api_secret, /^sk_live_/);
});

test("two calls have two keys, and a caller may give its own", async (t) => {
  const { client } = await behindProxy(t);
  const first = await client.createAgent({ display_name: "One" });
  const second = await client.createAgent({ display_name: "One" });
  assert.notEqual(first.agent_id, second.agent_id);
  const [one, two] = await Promise.all([1, 2].map(() => client.createAgent({ display_name: "Two" }, { idempotencyKey: "mine" })));
  assert.equal(one?.agent_id, two?.agent_id);
  await assert.rejects(client.createAgent({ display_name: "Three" }, { idempotencyKey: "mine" }), IdempotencyKeyReusedError);
});

test("a permanent error is not retried", async (t) => {
  const { client, proxy } = await behindProxy(t);
  await assert.rejects(client.createAgent({ display_name: "" }), ValidationError);
  assert.equal(proxy.of("POST", agents).length, 1);
});

test("after the last attempt the call fails with the last error", async (t) => {
  const { client, proxy } = await behindProxy(t);
  proxy.fail("GET", agents, ...Array<Fault>(3).fill("cut before"));
  await assert.rejects(client.listAgents({}, { maxRetries: 2 }), (error) => error instanceof ConnectionError && error.cause instanceof Error);
  assert.equal(proxy.of("GET", agents).length, 3);
  proxy.fail("GET", agents, "no answer");
  await assert.rejects(client.listAgents({}, { maxRetries: 0, timeoutMs: 50 }), TimeoutError);
});

test("no more than four repetitions are made unless more are asked for", async (t) => {
  const { client, proxy } = await behindProxy(t);
  proxy.fail("GET", agents, ...Array<Fault>(9).fill({ status: 503, headers: { "Retry-After": "0" } }));
  await assert.rejects(client.listAgents(), { status: 503 });
  assert.equal(proxy.of("GET", agents).length, 5);
});

test("pauses double, and are spread at random", async (t) => {
  const { client, proxy } = await behindProxy(t);
  const random = t.mock.method(Math, "random", () => 1);
  proxy.fail("GET", agents, ...Array<Fault>(3).fill({ status: 503 }));
  await client.listAgents();
  const times = proxy.of("GET", agents).map(({ at }) => at);
  for (const [index, least] of [200, 400, 800].entries()) assert(times[index + 1]! - times[index]! >= least - 5);
  assert.equal(random.mock.callCount(), 3);
});

test("a pause is no shorter if the server asks to return at once", async (t) => {
  const { client, proxy } = await behindProxy(t);
  t.mock.method(Math, "random", () => 1);
  proxy.fail("GET", agents, { status: 503, headers: { "Retry-After": "0" } });
  const start = performance.now();
  await client.listAgents();
  assert(performance.now() - start >= 195);
});

test("the server's Retry-After is obeyed", async (t) => {
  const { client, proxy } = await behindProxy(t);
  proxy.fail("GET", agents, { status: 503, headers: { "Retry-After": "1" } });
  const start = performance.now();
  await client.listAgents();
  assert(performance.now() - start >= 990);
});

test("a deletion whose answer is lost reports nothing left to delete", async (t) => {
  const { client, proxy, account } = await behindProxy(t);
  const path = `${agents}/${account.agent_id}`;
  proxy.fail("DELETE", path, "cut after");
  await assert.rejects(client.deleteAgent(account.agent_id), AgentNotFoundError);
  assert.equal(proxy.of("DELETE", path).length, 2);
});

test("a given fetch sends every request", async () => {
  const sent: string[] = [];
  const { client } = await register({
    fetch: (input, init) => {
      sent.push(`${init?.method} ${new URL(String(input)).pathname}`);
      return fetch(input, init);
    },
  });
  await client.listAgents();
  assert.deepEqual(sent, ["POST /api/v1/auth/login", "GET /api/v1/agents"]);
});

test("an aborted call ends at once, whether it waits for a response or to retry", async (t) => {
  const { client, proxy } = await behindProxy(t);
  for (const fault of ["no answer", { status: 503, headers: { "Retry-After": "20" } }] as const) {
    proxy.fail("GET", agents, fault);
    const start = performance.now();
    await assert.rejects(client.listAgents({}, { signal: AbortSignal.timeout(200) }), { name: "TimeoutError" });
    assert(performance.now() - start < 5_000);
  }
  await assert.rejects(client.listAgents({}, { signal: AbortSignal.abort("no more") }), (reason) => reason === "no more");
});

test("an aborted call does not end a login that another call waits for", async (t) => {
  const { client, proxy } = await behindProxy(t);
  proxy.fail("POST", "/api/v1/auth/login", { status: 503, headers: { "Retry-After": "1" } });
  const aborted = client.listAgents({}, { signal: AbortSignal.timeout(100) });
  const other = client.listAgents();
  await assert.rejects(aborted, { name: "TimeoutError" });
  assert.equal((await other).total, 1);
});
