package agentexchange_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	agentexchange "github.com/agentexchange/agentexchange/gen/sdk/go"
	"github.com/shopspring/decimal"
)

// Register an account, create an agent, and trade with the agent's key.
func Example() { //nolint:testableexamples // it needs a server
	ctx := context.Background()
	public, err := agentexchange.New(agentexchange.Options{})
	if err != nil {
		log.Fatal(err)
	}
	account, err := public.Register(ctx, agentexchange.RegisterRequest{DisplayName: "Ada"})
	if err != nil {
		log.Fatal(err)
	}
	owner, err := agentexchange.New(agentexchange.Options{APIKey: account.APIKey, APISecret: account.APISecret})
	if err != nil {
		log.Fatal(err)
	}
	made, err := owner.CreateAgent(ctx, agentexchange.CreateAgentRequest{
		DisplayName:     "RSI Scalper",
		StartingBalance: agentexchange.Ptr(decimal.NewFromInt(5000)),
		LLMModel:        agentexchange.Value("claude-sonnet-4-6"),
		StrategyTags:    []string{"rsi", "scalping"},
	})
	if err != nil {
		log.Fatal(err)
	}
	agent, err := agentexchange.New(agentexchange.Options{APIKey: made.APIKey})
	if err != nil {
		log.Fatal(err)
	}
	order := agentexchange.PlaceOrderRequest{
		Symbol:   "BTCUSDT",
		Side:     agentexchange.SideBuy,
		Type:     agentexchange.OrderTypeMarket,
		Quantity: decimal.NewFromInt(1000),
	}
	if _, err = agent.PlaceOrder(ctx, order); errors.Is(err, agentexchange.ErrOrderRejected) {
		fmt.Println(made.DisplayName, "may not buy that much")
	}
}

func ExampleClient_AllAgents() { //nolint:testableexamples // it needs a server
	ctx := context.Background()
	public, err := agentexchange.New(agentexchange.Options{})
	if err != nil {
		log.Fatal(err)
	}
	account, err := public.Register(ctx, agentexchange.RegisterRequest{DisplayName: "Ada"})
	if err != nil {
		log.Fatal(err)
	}
	owner, err := agentexchange.New(agentexchange.Options{APIKey: account.APIKey, APISecret: account.APISecret})
	if err != nil {
		log.Fatal(err)
	}
	for agent, err := range owner.AllAgents(ctx, &agentexchange.ListAgentsParams{Limit: agentexchange.Ptr(10)}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(agent.DisplayName, agent.Status)
	}
}
