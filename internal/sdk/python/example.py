"""Registers an account, lets an agent trade until a risk limit stops it, and resets the agent.

The server is the one at AGENTEXCHANGE_BASE_URL, or the one on this machine.
"""

from __future__ import annotations

from decimal import Decimal

from agentexchange import AgentExchangeClient, OrderRejectedError, RefusalDetails

SYMBOL = "BTCUSDT"
STARTING_BALANCE = Decimal(5000)


def trade_until_refused(agent: AgentExchangeClient) -> None:
    """Buy the same quantity until the server refuses."""
    price = agent.get_price(SYMBOL).price
    quantity = (STARTING_BALANCE / 16 / price).quantize(Decimal("0.00001"))
    while True:
        try:
            order = agent.place_order(symbol=SYMBOL, side="buy", type="market", quantity=quantity)
        except OrderRejectedError as error:
            refusal = error.details_as(RefusalDetails)
            print(f"Refused: {refusal.reason}. At most {refusal.max_allowed_quantity} would pass ({error.request_id}).")
            return
        print(f"Bought {order.executed_quantity} at {order.executed_price}, fee {order.fee} USDT.")


def main() -> None:
    with AgentExchangeClient() as anyone:
        account = anyone.register(display_name="Ada")
    with AgentExchangeClient(api_key=account.api_key, api_secret=account.api_secret) as owner:
        created = owner.create_agent(
            display_name="RSI Scalper",
            starting_balance=STARTING_BALANCE,
            strategy_tags=["rsi", "scalping"],
            risk_profile={"max_position_size_pct": 20, "daily_loss_limit_pct": 10, "max_open_orders": 5},
        )
        with AgentExchangeClient(api_key=created.api_key) as agent:
            trade_until_refused(agent)
            print(f"Before the reset: {agent.get_portfolio().available_cash} USDT in cash.")
            owner.reset_agent(created.agent_id)
            balance = agent.get_balance().balances[0]
    print(f"After the reset: {balance.available} {balance.asset}.")
    assert balance.available == STARTING_BALANCE


if __name__ == "__main__":
    main()
