import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AgentExchangeClient,
  InsufficientBalanceError,
  InvalidSymbolError,
  OrderNotFoundError,
  OrderRejectedError,
  PermissionDeniedError,
} from "agentexchange";
import { failureOf, register } from "./server.js";

test("an agent's key places, rests and cancels orders and reads its account", async () => {
  const { account } = await register();
  const agent = new AgentExchangeClient({ apiKey: account.agent_api_key });
  const bought = await agent.placeOrder({ symbol: "BTCUSDT", side: "buy", type: "market", quantity: "0.001" });
  assert.equal(bought.status, "filled");
  assert.equal(bought.liquidity, "taker");
  assert.equal(bought.executed_quantity, "0.00100000");
  assert.equal((await agent.listTrades({ side: "buy" })).trades[0]?.order_id, bought.order_id);
  assert.equal((await agent.getPositions()).positions[0]?.quantity, "0.00100000");

  const rests = await agent.placeOrder({
    symbol: "BTCUSDT", side: "buy", type: "limit", quantity: "0.001", price: "10000.00", client_order_id: "a:b.c",
  });
  assert.equal(rests.liquidity, null);
  assert.equal((await agent.getOrderByClientId("a:b.c")).order_id, rests.order_id);
  assert.equal((await agent.listOpenOrders({ symbol: "btcusdt" })).total, 1);
  const cancelled = await agent.cancelOrder(rests.order_id);
  assert.equal(cancelled.unlocked_amount, rests.locked_amount);
  assert.equal((await agent.cancelAllOrders()).cancelled_count, 0);
  assert.equal((await agent.reconcile()).ok, true);
});

test("a refusal has the class of its code and names what would pass", async () => {
  const { account } = await register();
  const agent = new AgentExchangeClient({ apiKey: account.agent_api_key });
  const tooMuch = { symbol: "BTCUSDT", side: "buy", type: "market", quantity: "0.1" } as const;
  const error = await failureOf(agent.placeOrder(tooMuch));
  assert(error instanceof OrderRejectedError);
  assert.equal(error.name, "OrderRejectedError");
  assert.equal(error.code, "ORDER_REJECTED");
  assert.equal(error.status, 400);
  assert.equal(error.details?.reason, "position_limit_exceeded");
  assert.match(error.requestId ?? "", /./);
  const quantity = error.details?.max_allowed_quantity ?? assert.fail();
  assert.equal((await agent.previewOrder({ ...tooMuch, quantity })).would_pass, true);

  await assert.rejects(agent.placeOrder({ ...tooMuch, side: "sell" }), InsufficientBalanceError);
  await assert.rejects(agent.placeOrder({ ...tooMuch, symbol: "NOSUCH" }), InvalidSymbolError);
  await assert.rejects(agent.getOrder("01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d10"), OrderNotFoundError);
  await assert.rejects(agent.resetAccount(), PermissionDeniedError);
});

test("an account acts for its default agent, for the client's, or for the call's", async () => {
  const { client, account } = await register();
  const { agent_id: one } = await client.createAgent({ display_name: "One" });
  const { agent_id: two } = await client.createAgent({ display_name: "Two" });
  const forOne = new AgentExchangeClient({ apiKey: account.api_key, agentId: one });
  assert.equal((await client.getAccountInfo()).agent_id, account.agent_id);
  assert.equal((await forOne.getAccountInfo()).agent_id, one);
  assert.equal((await forOne.getAccountInfo({ agentId: two })).agent_id, two);
  const reset = await forOne.resetAccount({ starting_balance: "7000" });
  assert.equal(reset.new_session.starting_balance, "7000.00000000");
});

test("the market needs no credentials", async () => {
  const visitor = new AgentExchangeClient();
  const { prices } = await visitor.listPrices({ symbols: ["BTCUSDT", "ethusdt"] });
  assert.deepEqual(prices.map(({ symbol }) => symbol), ["BTCUSDT", "ETHUSDT"]);
  assert.match((await visitor.getPrice("BTCUSDT")).price, /^\d+\.\d{8}$/);
  const [price, quantity] = (await visitor.getOrderbook("BTCUSDT", { depth: 1 })).bids[0] ?? assert.fail();
  assert.match(`${price} ${quantity}`, /^\d+\.\d{8} \d+\.\d{8}$/);
  assert((await visitor.listCandles("BTCUSDT", { interval: "1m", limit: 2 })).candles.length <= 2);
});

test("money that is a float is refused, by the compiler and by the server", async () => {
  const { client } = await register();
  // @ts-expect-error quantity is a string
  const order = client.placeOrder({ symbol: "BTCUSDT", side: "buy", type: "market", quantity: 0.001 });
  await assert.rejects(order, { code: "VALIDATION_ERROR" });
});
