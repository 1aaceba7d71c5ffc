import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "agentexchange";
import { ApiError, AgentExchangeClient, AgentExchangeError } from "agentexchange";
import { Proxy } from "./proxy.js";
import { failureOf, register } from "./server.js";
import { spec } from "./spec.js";

const health = "/healthz";

test("every code of the spec has a class", () => {
  const codes = spec.components.schemas["ErrorCode"]?.enum ?? assert.fail();
  assert.deepEqual(Object.keys(sdk.errorTypes).sort(), codes.sort());
  for (const type of Object.values(sdk.errorTypes)) {
    assert(type.prototype instanceof ApiError && type.prototype instanceof AgentExchangeError);
  }
});

test("an unknown code is an ApiError with everything the server sent", async (t) => {
  const proxy = await Proxy.start(t);
  const error = { code: "NEW_RULE", message: "Not like this.", details: { hint: 1 }, request_id: "r-1" };
  proxy.fail("GET", health, { status: 400, body: JSON.stringify({ error }) });
  const caught = await failureOf(new AgentExchangeClient({ baseUrl: proxy.url }).getHealth());
  assert(caught instanceof ApiError);
  assert.equal(caught.constructor, ApiError);
  const { status, code, message, details, requestId } = caught;
  assert.deepEqual({ status, code, message, details, requestId }, { status: 400, code: "NEW_RULE", message: "Not like this.", details: { hint: 1 }, requestId: "r-1" });
});

test("an invalid request names its fields", async () => {
  const { client } = await register();
  const caught = await failureOf(client.createAgent({ display_name: "", risk_profile: { max_open_orders: 999 } }));
  assert(caught instanceof sdk.ValidationError);
  const violations = caught.details?.errors ?? [];
  assert.deepEqual(violations.map(({ field }) => field).sort(), ["/display_name", "/risk_profile/max_open_orders"]);
  for (const { field, message } of violations) assert(caught.message.includes(` ${field}: ${message}.`), caught.message);
});

test("a refused order names what would pass", async () => {
  const { account } = await register();
  const trader = new AgentExchangeClient({ apiKey: account.agent_api_key });
  const caught = await failureOf(trader.placeOrder({ symbol: "BTCUSDT", side: "buy", type: "market", quantity: "1000" }));
  assert(caught instanceof sdk.OrderRejectedError);
  const most = caught.details?.max_allowed_quantity;
  assert.match(String(caught), new RegExp(`^OrderRejectedError: .* reason: position_limit_exceeded\\. max_allowed_quantity: ${most}\\.$`));
});

test("unknown details do no harm", async (t) => {
  const proxy = await Proxy.start(t);
  for (const details of ["[]", "null", '"no"', '{"errors": 1}', '{"errors": [null]}']) {
    proxy.fail("GET", health, { status: 400, body: `{"error": {"code": "NEW", "message": "No.", "details": ${details}}}` });
    await assert.rejects(new AgentExchangeClient({ baseUrl: proxy.url }).getHealth(), { code: "NEW", message: "No." });
  }
});

test("a failed connection names method, URL and code, without the query", async (t) => {
  const proxy = await Proxy.start(t);
  const prices = "/api/v1/market/prices";
  proxy.fail("GET", prices, "cut before");
  const client = new AgentExchangeClient({ baseUrl: proxy.url, maxRetries: 0 });
  const caught = await failureOf(client.listPrices({ symbols: ["BTCUSDT"] }));
  assert.match(String(caught), new RegExp(`^ConnectionError: GET ${proxy.url}${prices} was not answered: [A-Z_]+\\.$`));
  const failing = new AgentExchangeClient({ baseUrl: proxy.url, maxRetries: 0, fetch: () => Promise.reject(new Error("codeless")) });
  await assert.rejects(failing.getHealth(), { message: `GET ${proxy.url}/healthz was not answered: the connection failed.` });
});

test("an answer that is not the API's is an ApiError with its status and request id", async (t) => {
  const proxy = await Proxy.start(t);
  const client = new AgentExchangeClient({ baseUrl: proxy.url, maxRetries: 0 });
  for (const [status, body] of [[502, "<html>"], [404, ""], [400, '{"error": "no"}'], [400, "null"], [200, "<html>"]] as const) {
    proxy.fail("GET", health, { status, body, headers: { "X-Request-Id": "r-2" } });
    const expected = { name: "ApiError", status, code: undefined, requestId: "r-2" };
    await assert.rejects(client.getHealth(), expected, `${status} ${body}`);
  }
});

test("a redirect is not followed, because it would leak the key", async (t) => {
  const proxy = await Proxy.start(t);
  proxy.fail("GET", "/api/v1/account/balance", { status: 307, headers: { Location: `${proxy.url}/elsewhere` } });
  const client = new AgentExchangeClient({ baseUrl: proxy.url, apiKey: "ak_live_x" });
  await assert.rejects(client.getBalance(), { name: "ApiError", status: 307 });
  assert.equal(proxy.seen.length, 1);
});

test("fields and values of a newer server are kept", async (t) => {
  const proxy = await Proxy.start(t);
  proxy.fail("GET", health, { status: 200, body: '{"status": "drowsy", "since": "today"}' });
  const answer: object = await new AgentExchangeClient({ baseUrl: proxy.url }).getHealth();
  assert.deepEqual(answer, { status: "drowsy", since: "today" });
});

test("values that cannot be part of a URL are rejected before sending", async () => {
  assert.throws(() => new AgentExchangeClient({ baseUrl: "127.0.0.1:8080" }), TypeError);
  assert.throws(() => new AgentExchangeClient({ baseUrl: "http://ada:hunter2@127.0.0.1" }), (error) => !String(error).includes("hunter2"));
  const client = new AgentExchangeClient({ token: "not.a.token" });
  for (const id of ["", ".", ".."]) await assert.rejects(client.deleteAgent(id), TypeError);
});

test("a base URL may have a path and end in a slash", async (t) => {
  const proxy = await Proxy.start(t);
  await assert.rejects(new AgentExchangeClient({ baseUrl: `${proxy.url}/exchange/` }).getHealth());
  assert.deepEqual(proxy.seen.map(({ path }) => path), ["/exchange/healthz"]);
});

test("a base URL may be that of the API", async () => {
  for (const end of ["/", "/api/v1", "/api/v1//"]) {
    const client = new AgentExchangeClient({ baseUrl: process.env["AGENTEXCHANGE_BASE_URL"] + end });
    assert.equal((await client.getHealth()).status, "ok");
    assert((await client.listPairs()).pairs.length > 0);
  }
});
