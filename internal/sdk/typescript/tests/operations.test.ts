import assert from "node:assert/strict";
import { before, test } from "node:test";
import { AgentExchangeClient, ApiError, type AccountCredentials } from "agentexchange";
import { Proxy } from "./proxy.js";
import { register } from "./server.js";
import { resolve, sample, sampleBody, spec, type Operation, type Parameter } from "./spec.js";

type Method = (...args: unknown[]) => Promise<unknown>;

// The server's responses to requests that match no operation.
const misunderstood = ["NOT_FOUND", "METHOD_NOT_ALLOWED", "MALFORMED_BODY", "VALIDATION_ERROR", "UNSUPPORTED_MEDIA_TYPE"];

let account: AccountCredentials;
before(async () => {
  ({ account } = await register());
});

for (const [path, { parameters: shared = [], ...operations }] of Object.entries(spec.paths)) {
  for (const [method, operation] of Object.entries(operations)) {
    const parameters = [...shared, ...(operation.parameters ?? [])].map(resolve);
    test(`${operation.operationId} calls ${method.toUpperCase()} ${path} as in the spec`, async (t) => {
      const proxy = await Proxy.start(t);
      const client = new AgentExchangeClient({ baseUrl: proxy.url, apiKey: account.api_key, apiSecret: account.api_secret });
      const call = (client as unknown as Record<string, Method>)[operation.operationId] ?? assert.fail("there is no such method");
      const error = await call.apply(client, argumentsOf(operation, parameters)).then(() => undefined, (error: unknown) => error);
      if (error !== undefined && !(error instanceof ApiError)) throw error;
      assert(!misunderstood.includes(error?.code ?? ""), `${error?.code}: ${JSON.stringify(error?.details)}`);

      const sent = proxy.seen.at(-1) ?? assert.fail("nothing was sent");
      assert.equal(sent.method, method.toUpperCase());
      assert.match(sent.path, new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`));
      assert.deepEqual(sent.query.sort(), namesIn("query", parameters).sort());
      for (const name of namesIn("header", parameters)) assert(sent.headers[name.toLowerCase()], `${name} was not sent`);
      const schemes = operation.security.flatMap((scheme) => Object.keys(scheme));
      assert.equal(sent.headers["x-api-key"] !== undefined, schemes.includes("ApiKeyAuth"));
      assert.equal(sent.headers.authorization !== undefined, schemes.includes("BearerAuth") && !schemes.includes("ApiKeyAuth"));
    });

    if (["limit", "offset"].every((name) => namesIn("query", parameters).includes(name))) {
      test(`${operation.operationId} has an iterator`, () => {
        const name = operation.operationId.replace(/^list/, "iterate") as keyof AgentExchangeClient;
        assert.equal(typeof AgentExchangeClient.prototype[name], "function");
      });
    }
  }
}

/** What a user would pass: path parameters, body, query parameters, options. */
function argumentsOf(operation: Operation, parameters: Parameter[]): unknown[] {
  const value = ({ example, schema }: Parameter) => example ?? sample(schema);
  const body = sampleBody(operation);
  const query = parameters.filter((parameter) => parameter.in === "query");
  const takesAgent = namesIn("header", parameters).includes("X-Agent-Id");
  return [
    ...parameters.filter((parameter) => parameter.in === "path").map(value),
    ...(body === undefined ? [] : [body]),
    ...(query.length === 0 ? [] : [Object.fromEntries(query.map((parameter) => [parameter.name, value(parameter)]))]),
    takesAgent ? { agentId: account.agent_id } : {},
  ];
}

function namesIn(place: Parameter["in"], parameters: Parameter[]): string[] {
  return parameters.filter((parameter) => parameter.in === place).map(({ name }) => name);
}
