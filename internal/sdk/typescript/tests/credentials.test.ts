import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test, type TestContext } from "node:test";
import { AgentExchangeClient, InvalidApiKeyError, InvalidTokenError, MissingCredentialsError } from "agentexchange";
import { Proxy } from "./proxy.js";
import { register } from "./server.js";

const expired = process.env["EXPIRED"]!;

async function behindProxy(t: TestContext) {
  const proxy = await Proxy.start(t);
  const { account } = await register();
  const credentials = { baseUrl: proxy.url, apiKey: account.api_key, apiSecret: account.api_secret };
  return { proxy, account, credentials, logins: () => proxy.of("POST", "/api/v1/auth/login").length };
}

test("concurrent calls log in once, and later calls not again", async (t) => {
  const { credentials, logins } = await behindProxy(t);
  const client = new AgentExchangeClient(credentials);
  await Promise.all(Array.from({ length: 20 }, () => client.listAgents()));
  await client.listAgents();
  assert.equal(logins(), 1);
});

test("a token is renewed a minute before it expires", async (t) => {
  const { credentials, logins } = await behindProxy(t);
  const client = new AgentExchangeClient(credentials);
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  await client.listAgents();
  t.mock.timers.tick(58 * 60_000);
  await client.listAgents();
  assert.equal(logins(), 1);
  t.mock.timers.tick(90_000);
  await client.listAgents();
  assert.equal(logins(), 2);
});

for (const [kind, token] of [["expired", expired], ["invalid", "not.a.token"]] as const) {
  test(`an ${kind} token is renewed once for all calls, which are repeated`, async (t) => {
    const { credentials, logins, proxy } = await behindProxy(t);
    const client = new AgentExchangeClient({ ...credentials, token });
    await Promise.all(Array.from({ length: 5 }, () => client.listAgents()));
    assert.equal(logins(), 1);
    assert.equal(proxy.of("GET", "/api/v1/agents").length, 10);
  });
}

test("a token that cannot be renewed is refused, once", async (t) => {
  const proxy = await Proxy.start(t);
  const client = new AgentExchangeClient({ baseUrl: proxy.url, token: "not.a.token" });
  await assert.rejects(client.listAgents(), InvalidTokenError);
  assert.equal(proxy.seen.length, 1);
});

test("a given token is enough", async () => {
  const { account, client } = await register();
  const { token } = await client.login({ api_key: account.api_key, api_secret: account.api_secret });
  const bearer = new AgentExchangeClient({ token });
  assert.equal((await bearer.listAgents()).total, 1);
  assert.equal((await bearer.getAccountInfo()).agent_id, account.agent_id);
});

test("a failed login is the call's error, and is retried by the next call", async (t) => {
  const { credentials, logins } = await behindProxy(t);
  const client = new AgentExchangeClient({ ...credentials, apiSecret: credentials.apiSecret.replace(/.$/, "!") });
  await assert.rejects(client.listAgents(), InvalidApiKeyError);
  await assert.rejects(client.listAgents(), InvalidApiKeyError);
  assert.equal(logins(), 2);
});

test("each call sends the credential of its operation, and public ones send none", async (t) => {
  const { credentials, account, proxy } = await behindProxy(t);
  const client = new AgentExchangeClient(credentials);
  await client.getBalance();
  await client.getAgent(account.agent_id);
  await client.listPairs();
  const sent = proxy.seen.map(({ path, headers }) => [path, headers["x-api-key"] !== undefined, headers.authorization !== undefined]);
  assert.deepEqual(sent, [
    ["/api/v1/account/balance", true, false],
    ["/api/v1/auth/login", false, false],
    [`/api/v1/agents/${account.agent_id}`, false, true],
    ["/api/v1/market/pairs", false, false],
  ]);
});

test("without credentials a call fails before it is sent, and says what to pass", async (t) => {
  const proxy = await Proxy.start(t);
  const visitor = new AgentExchangeClient({ baseUrl: proxy.url });
  await assert.rejects(visitor.getBalance(), (error) => error instanceof MissingCredentialsError && /an apiKey/.test(error.message));
  const keyOnly = new AgentExchangeClient({ baseUrl: proxy.url, apiKey: "ak_live_x" });
  await assert.rejects(keyOnly.listAgents(), (error) => error instanceof MissingCredentialsError && /apiSecret/.test(error.message));
  assert.throws(() => new AgentExchangeClient({ apiSecret: "sk_live_x" }), MissingCredentialsError);
  assert.equal(proxy.seen.length, 0);
});

test("the environment is used only if no credential is given", async () => {
  const { account } = await register();
  process.env["AGENTEXCHANGE_API_KEY"] = account.api_key;
  process.env["AGENTEXCHANGE_API_SECRET"] = account.api_secret;
  try {
    assert.equal((await new AgentExchangeClient().listAgents()).total, 1);
    const agent = new AgentExchangeClient({ apiKey: account.agent_api_key });
    await assert.rejects(agent.listAgents(), MissingCredentialsError);
    await assert.rejects(new AgentExchangeClient({ token: "not.a.token" }).getBalance(), InvalidTokenError);
  } finally {
    delete process.env["AGENTEXCHANGE_API_KEY"];
    delete process.env["AGENTEXCHANGE_API_SECRET"];
  }
});

test("white space around a credential is dropped", async () => {
  const { account, client } = await register();
  const apiKey = `\n${account.api_key}\r\n`;
  const apiSecret = `${account.api_secret}\n`;
  assert.equal((await new AgentExchangeClient({ apiKey, apiSecret }).listAgents()).total, 1);
  const { token } = await client.login({ api_key: account.api_key, api_secret: account.api_secret });
  assert.equal((await new AgentExchangeClient({ token: `${token} \n` }).listAgents()).total, 1);
  await assert.rejects(new AgentExchangeClient({ apiKey: "\n" }).getBalance(), MissingCredentialsError);
});

test("values unfit for a header are rejected before sending, and not shown", async (t) => {
  const proxy = await Proxy.start(t);
  for (const secret of ["ak_live_\nx", "ak_live_x\u007fx", "ak_live_é", "ak_live_“x”"]) {
    const refused = (name: string) => (error: unknown) =>
      error instanceof TypeError && error.message.startsWith(`${name} must be printable`) && !inspect(error).includes("_live_");
    for (const name of ["apiKey", "apiSecret", "token", "agentId"]) {
      assert.throws(() => new AgentExchangeClient({ apiKey: "ak_live_x", [name]: secret }), refused(name));
    }
    const client = new AgentExchangeClient({ baseUrl: proxy.url, apiKey: "ak_live_x" });
    await assert.rejects(client.getBalance({ agentId: secret }), refused("X-Agent-Id"));
    await assert.rejects(client.register({ display_name: "Ada" }, { idempotencyKey: secret }), refused("Idempotency-Key"));
  }
  assert.equal(proxy.seen.length, 0);
});

test("neither a client nor its errors show a credential", async (t) => {
  const { credentials, proxy } = await behindProxy(t);
  const token = "eyJ.secret.token";
  const client = new AgentExchangeClient({ ...credentials, token, maxRetries: 0 });
  const key = "idempotency-key-of-a-registration";
  proxy.fail("POST", "/api/v1/auth/register", "cut after");
  proxy.fail("GET", "/api/v1/account/balance", { status: 502, body: "<html>" }, "cut before", "no answer");
  const shown = [client as unknown];
  const keep = (error: unknown) => void shown.push(error);
  await client.register({ display_name: "Ada" }, { idempotencyKey: key }).catch(keep);
  for (const timeoutMs of [1_000, 1_000, 50]) await client.getBalance({ timeoutMs }).catch(keep);
  await new AgentExchangeClient({ apiKey: credentials.apiKey.replace(/.$/, "!") }).getBalance().catch(keep);
  assert.equal(shown.length, 6);
  const text = shown.map((one) => inspect(one, { depth: 20, showHidden: true }) + JSON.stringify(one)).join("\n");
  for (const secret of [credentials.apiKey.slice(0, -1), credentials.apiSecret, token, key]) assert(!text.includes(secret));
});
