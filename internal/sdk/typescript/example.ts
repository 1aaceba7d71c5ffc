// Registers an account, creates an agent with its own risk limits, trades with the agent's key until a limit stops it,
// and resets the agent. AGENTEXCHANGE_BASE_URL is the address of the server.
import { AgentExchangeClient, OrderRejectedError } from "agentexchange";

const account = await new AgentExchangeClient().register({ display_name: "Ada" });
const owner = new AgentExchangeClient({ apiKey: account.api_key, apiSecret: account.api_secret });
const created = await owner.createAgent({
  display_name: "Careful Buyer",
  starting_balance: "5000.00",
  risk_profile: { max_position_size_pct: 5, max_open_orders: 3 },
});
console.log(`Created ${created.display_name} with ${created.starting_balance} USDT.`);

// An agent needs only its own key to trade.
const agent = new AgentExchangeClient({ apiKey: created.api_key });
for (;;) {
  try {
    const order = await agent.placeOrder({ symbol: "BTCUSDT", side: "buy", type: "market", quantity: "0.001" });
    console.log(`Bought ${order.executed_quantity} BTC at ${order.executed_price}, fee ${order.fee}.`);
  } catch (error) {
    if (!(error instanceof OrderRejectedError)) throw error;
    console.log(`Refused: ${error.details?.reason}. At most ${error.details?.max_allowed_quantity} would pass.`);
    break;
  }
}

await owner.resetAgent(created.agent_id);
const { balances, total_equity_usdt: equity } = await agent.getBalance();
console.log(`After the reset: ${balances.map(({ asset, total }) => `${total} ${asset}`).join(", ")}.`);
if (equity !== created.starting_balance) throw new Error(`The balance is not the starting balance, but ${equity}.`);
