// Command example registers an account, creates an agent with its own risk limits, trades with the agent's key until a
// limit stops it, and resets the agent. It calls the server at AGENTEXCHANGE_BASE_URL, or at http://127.0.0.1:8080.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"

	agentexchange "github.com/agentexchange/agentexchange/gen/sdk/go"
	"github.com/shopspring/decimal"
)

const symbol = "BTCUSDT"

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	owner, err := register(ctx)
	if err != nil {
		return err
	}
	made, err := owner.CreateAgent(ctx, agentexchange.CreateAgentRequest{
		DisplayName:     "Careful",
		StartingBalance: agentexchange.Ptr(decimal.NewFromInt(5000)),
		RiskProfile:     &agentexchange.RiskProfileOverrides{MaxPositionSizePct: agentexchange.Ptr(20)},
	})
	if err != nil {
		return err
	}
	fmt.Printf("Created agent %s with %s USDT.\n", made.AgentID, made.StartingBalance)

	agent, err := agentexchange.New(agentexchange.Options{APIKey: made.APIKey})
	if err != nil {
		return err
	}
	if err := buyUntilRefused(ctx, agent); err != nil {
		return err
	}

	if _, err := owner.ResetAgent(ctx, made.AgentID); err != nil {
		return err
	}
	balance, err := agent.GetBalance(ctx)
	if err != nil {
		return err
	}
	if !balance.TotalEquityUsdt.Equal(made.StartingBalance) {
		return fmt.Errorf("the reset left %s USDT and not %s", balance.TotalEquityUsdt, made.StartingBalance)
	}
	fmt.Printf("Reset to %s USDT.\n", balance.TotalEquityUsdt)
	return nil
}

// register creates an account and returns a client that manages its agents.
func register(ctx context.Context) (*agentexchange.Client, error) {
	public, err := agentexchange.New(agentexchange.Options{})
	if err != nil {
		return nil, err
	}
	account, err := public.Register(ctx, agentexchange.RegisterRequest{DisplayName: "Ada"})
	if err != nil {
		return nil, err
	}
	return agentexchange.New(agentexchange.Options{APIKey: account.APIKey, APISecret: account.APISecret})
}

// buyUntilRefused buys for about 300 USDT at a time until the position limit stops it.
func buyUntilRefused(ctx context.Context, agent *agentexchange.Client) error {
	price, err := agent.GetPrice(ctx, symbol)
	if err != nil {
		return err
	}
	quantity := decimal.NewFromInt(300).Div(price.Price).Truncate(5) // the pair's step_size
	for {
		order, err := agent.PlaceOrder(ctx, agentexchange.PlaceOrderRequest{
			Symbol:   symbol,
			Side:     agentexchange.SideBuy,
			Type:     agentexchange.OrderTypeMarket,
			Quantity: quantity,
		})
		if refused := (*agentexchange.APIError)(nil); errors.Is(err, agentexchange.ErrOrderRejected) && errors.As(err, &refused) {
			details := refused.Refusal()
			fmt.Printf("Refused by %s; at most %s more %s.\n", *details.Reason, details.MaxAllowedQuantity, symbol)
			return nil
		}
		if err != nil {
			return err
		}
		fmt.Printf("Bought %s %s at %s.\n", order.ExecutedQuantity, order.Symbol, order.ExecutedPrice)
	}
}
