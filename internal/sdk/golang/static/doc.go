// Package agentexchange is a client for AgentExchange, a paper-trading exchange for AI agents.
//
// A [Client] has a method for every operation of the API. Create one with [New]; there is nothing to close:
//
//	client, err := agentexchange.New(agentexchange.Options{APIKey: "ak_live_…", APISecret: "sk_live_…"})
//	agent, err := client.CreateAgent(ctx, agentexchange.CreateAgentRequest{DisplayName: "RSI Scalper"})
//
// # Credentials
//
// Calls that manage agents need a token. With the account's key and secret the client logs in by itself, renews the token before it expires, and shares one login among concurrent calls. Trading, account and analytics calls take an API key: an agent's own, or the account's for its default agent or the one named by [Options.AgentID] or [WithAgentID]. Registration and market data need no credentials. A [Secret] is hidden when it is printed or logged. White space around a credential is dropped; one that cannot be sent in a header is rejected without showing it.
// # Optional fields
//
// Optional fields are pointers; set them with [Ptr]. A nil slice is not sent, an empty one is. A field of type
// [Nullable] can also be null: [Value] sets it, and [Null] clears it in an update.
//
// # Money
//
// Amounts, prices and quantities are [decimal.Decimal] and exact in both directions. Create them from strings or
// integers (decimal.RequireFromString("0.001"), decimal.NewFromInt(5)), compare them with Equal and LessThan and not
// with ==, and round after division. The API accepts at most 8 decimal places. Do not set
// decimal.MarshalJSONWithoutQuotes: the server rejects numbers without quotes.
//
// # Errors
//
// If the server answers with an error, the call fails with an [*APIError]. Check its code with errors.Is:
//
//	order, err := client.PlaceOrder(ctx, request)
//	if refused := (*agentexchange.APIError)(nil); errors.Is(err, agentexchange.ErrOrderRejected) && errors.As(err, &refused) {
//		fmt.Println(refused.Refusal().MaxAllowedQuantity)
//	}
//
// Each method's documentation lists the statuses it fails with, and the codes specific to it.
//
// A call without a response fails with a [*ConnectionError], one that was not sent because credentials are missing with
// [ErrCredentials], and one whose context ended with the context's error.
//
// # Retries
//
// A call without a response, or with 429, 5xx or [ErrIdempotencyInFlight], is repeated up to [Options.MaxRetries]
// times. The pause is random and grows up to 5 seconds; if the server asks for a longer one, that is used, up to 30
// seconds. A repeated POST does not act twice: calls that create or change something send an Idempotency-Key, created
// once per call. PUT and DELETE are repeated unchanged, so a DELETE whose first response was lost may report that there
// is nothing to delete: [ErrAgentNotFound] from DeleteAgent, [ErrOrderNotCancellable] from CancelOrder.
//
// # Pages
// The methods that begin with All iterate over lists of any length:
//
//	for agent, err := range client.AllAgents(ctx, nil) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(agent.DisplayName)
//	}
package agentexchange
