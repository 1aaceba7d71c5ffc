import assert from "node:assert/strict";
import { AgentExchangeClient, type AccountCredentials, type ClientOptions } from "agentexchange";

/** A new account and a client with its credentials. */
export async function register(options: ClientOptions = {}): Promise<{ account: AccountCredentials; client: AgentExchangeClient }> {
  const account = await new AgentExchangeClient().register({ display_name: "Ada" });
  const { api_key: apiKey, api_secret: apiSecret } = account;
  return { account, client: new AgentExchangeClient({ apiKey, apiSecret, ...options }) };
}

/** The error of a call that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => assert.fail("the call did not fail"),
    (error: unknown) => error,
  );
}
