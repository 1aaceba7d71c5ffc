// Package agentexchange is a client of AgentExchange, a paper-trading exchange for AI agents.
//
// A [Client] has a method for every operation of the API. [New] makes one; nothing else has to be set up or closed:
//
//	client, err := agentexchange.New(agentexchange.Options{APIKey: "ak_live_…", APISecret: "sk_live_…"})
//	agent, err := client.CreateAgent(ctx, agentexchange.CreateAgentRequest{DisplayName: "RSI Scalper"})
//
// # Credentials
//
// Calls that manage agents need a token, and the client logs in for it when it has the account's key and secret, renews
// it before it expires, and logs in once for however many calls need one at the same time. Trading, account and analytics
// calls take an API key: an agent's own, or the account's for its default agent or the one of [Options.AgentID] or
// [WithAgentID]. Registering and market data need neither. A [Secret] is hidden when it is printed or logged. White space
// around a credential is dropped; one that no header can carry is refused, and not shown.
//
// # Fields that may be left out
//
// They are pointers, to be set by [Ptr]; the nil slice is left out, an empty one is sent. A field of type [Nullable] can
// also be null: [Value] sets it, and [Null] clears it in an update.
//
// # Money
//
// Amounts, prices and quantities are [decimal.Decimal], exact in both directions. Make them of strings or integers
// (decimal.RequireFromString("0.001"), decimal.NewFromInt(5)), compare them by Equal and LessThan and not by ==, and round
// where you divide. The API takes at most 8 decimal places. Leave decimal.MarshalJSONWithoutQuotes alone: numbers without
// quotes are refused.
//
// # Errors
//
// What the server refuses is an [*APIError]. Its code tells what happened, and is to be compared by errors.Is:
//
//	order, err := client.PlaceOrder(ctx, request)
//	if refused := (*agentexchange.APIError)(nil); errors.Is(err, agentexchange.ErrOrderRejected) && errors.As(err, &refused) {
//		fmt.Println(refused.Refusal().MaxAllowedQuantity)
//	}
//
// A method's documentation has the statuses that it fails with, and the codes where they are its own.
//
// A call that got no answer is a [*ConnectionError], one that was not sent for want of credentials [ErrCredentials], and
// one whose context ended has the context's error.
//
// # Retries
//
// A call that got no answer, or that was answered 429, 5xx or [ErrIdempotencyInFlight], is repeated up to
// [Options.MaxRetries] times, after a random pause that grows up to 5 seconds, or the one that the server asks for, up to
// 30 seconds, whichever is longer. A repeated POST does not act twice: whatever creates or changes something is sent with
// an Idempotency-Key, made once for the call. PUT and DELETE are repeated as they are, so a DELETE whose first answer was
// lost can say that there is nothing to delete: [ErrAgentNotFound] from DeleteAgent, [ErrOrderNotCancellable] from
// CancelOrder.
//
// # Pages
//
// The methods that begin with All go through a list of any length:
//
//	for agent, err := range client.AllAgents(ctx, nil) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(agent.DisplayName)
//	}
package agentexchange
