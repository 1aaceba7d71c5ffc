import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "agentexchange";
import { ApiError, AgentExchangeClient, AgentExchangeError } from "agentexchange";
import { Proxy } from "./proxy.js";
import { failureOf } from "./server.js";
import { spec } from "./spec.js";

const health = "/healthz";

test("every code of the spec has a class", () => {
  const codes = spec.components.schemas["ErrorCode"]?.enum ?? assert.fail();
  assert.deepEqual(Object.keys(sdk.errorTypes).sort(), codes.sort());
  for (const type of Object.values(sdk.errorTypes)) {
    assert(type.prototype instanceof ApiError && type.prototype instanceof AgentExchangeError);
  }
});

test("a code that is not known yet is an ApiError with all that was said", async (t) => {
  const proxy = await Proxy.start(t);
  const error = { code: "NEW_RULE", message: "Not like this.", details: { hint: 1 }, request_id: "r-1" };
  proxy.fail("GET", health, { status: 400, body: JSON.stringify({ error }) });
  const caught = await failureOf(new AgentExchangeClient({ baseUrl: proxy.url }).getHealth());
  assert(caught instanceof ApiError);
  assert.equal(caught.constructor, ApiError);
  const { status, code, message, details, requestId } = caught;
  assert.deepEqual({ status, code, message, details, requestId }, { status: 400, code: "NEW_RULE", message: "Not like this.", details: { hint: 1 }, requestId: "r-1" });
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

test("a redirect is not followed, as it would take the key along", async (t) => {
  const proxy = await Proxy.start(t);
  proxy.fail("GET", "/api/v1/account/balance", { status: 307, headers: { Location: `${proxy.url}/elsewhere` } });
  const client = new AgentExchangeClient({ baseUrl: proxy.url, apiKey: "ak_live_x" });
  await assert.rejects(client.getBalance(), { name: "ApiError", status: 307 });
  assert.equal(proxy.seen.length, 1);
});

test("fields and values of a newer server are handed through", async (t) => {
  const proxy = await Proxy.start(t);
  proxy.fail("GET", health, { status: 200, body: '{"status": "drowsy", "since": "today"}' });
  const answer: object = await new AgentExchangeClient({ baseUrl: proxy.url }).getHealth();
  assert.deepEqual(answer, { status: "drowsy", since: "today" });
});

test("what cannot be part of a URL is refused before anything is sent", async () => {
  assert.throws(() => new AgentExchangeClient({ baseUrl: "127.0.0.1:8080" }), TypeError);
  const client = new AgentExchangeClient({ token: "not.a.token" });
  for (const id of ["", ".", ".."]) await assert.rejects(client.deleteAgent(id), TypeError);
});

test("a base URL may have a path and end in a slash", async (t) => {
  const proxy = await Proxy.start(t);
  await assert.rejects(new AgentExchangeClient({ baseUrl: `${proxy.url}/exchange/` }).getHealth());
  assert.deepEqual(proxy.seen.map(({ path }) => path), ["/exchange/healthz"]);
});
