package tests

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	agentexchange "github.com/agentexchange/agentexchange/gen/sdk/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	loginPath   = "/api/v1/auth/login"
	balancePath = "/api/v1/account/balance"
)

// listConcurrently lists the agents with this many calls at once.
func listConcurrently(t *testing.T, owner *agentexchange.Client, count int) {
	t.Helper()
	var calls sync.WaitGroup
	for range count {
		calls.Add(1)
		go func() {
			defer calls.Done()
			_, err := owner.ListAgents(t.Context(), nil)
			assert.NoError(t, err)
		}()
	}
	calls.Wait()
}

func TestConcurrentCallsLogInOnce(t *testing.T) {
	t.Parallel()
	p := newProxy(t, nil)
	owner := newOwner(t, p.URL)
	listConcurrently(t, owner, 50)
	require.Len(t, p.requests(agentsPath), 50)
	require.Len(t, p.requests(loginPath), 1)
}

func TestARejectedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	p := newProxy(t, nil)
	account := register(t)
	owner := newClient(t, agentexchange.Options{
		BaseURL: p.URL, APIKey: account.APIKey, APISecret: account.APISecret, Token: "not.a.token",
	})
	listConcurrently(t, owner, 20)
	require.Len(t, p.requests(loginPath), 1)

	const refused = `{"error":{"code":"TOKEN_EXPIRED","message":"Log in.","request_id":"r-1"}}`
	p = newProxy(t, map[string][]fault{agentsPath: {answer(http.StatusUnauthorized, refused)}})
	_, err := newOwner(t, p.URL).ListAgents(t.Context(), nil)
	require.ErrorIs(t, err, agentexchange.ErrTokenExpired, "a server that refuses every token is believed the second time")
	require.Len(t, p.requests(agentsPath), 2)
}

func TestALateRejectionOfTheOldTokenDoesNotDiscardTheNewOne(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	p := newProxy(t, map[string][]fault{agentsPath: {func(p *proxy, w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-release
		pass(p, w, r)
	}, pass}})
	account := register(t)
	owner := newClient(t, agentexchange.Options{
		BaseURL: p.URL, APIKey: account.APIKey, APISecret: account.APISecret, Token: "not.a.token",
	})
	late := make(chan error, 1)
	go func() {
		_, err := owner.ListAgents(t.Context(), nil)
		late <- err
	}()
	<-arrived
	_, err := owner.ListAgents(t.Context(), nil)
	close(release)
	require.NoError(t, err)
	require.NoError(t, <-late)
	require.Len(t, p.requests(loginPath), 1)
}

func TestATokenIsReplacedBeforeItExpires(t *testing.T) {
	t.Parallel()
	expires := func(in int) fault {
		return rewrite(func(fields map[string]any) { fields["expires_in"] = in })
	}
	for name, each := range map[string]struct{ lifetime, logins int }{
		"it lasts an hour":       {3600, 1},
		"it lasts for no time":   {0, 2},
		"it has expired already": {-3600, 2},
	} {
		p := newProxy(t, map[string][]fault{loginPath: {expires(each.lifetime)}})
		owner := newOwner(t, p.URL)
		for range 2 {
			_, err := owner.ListAgents(t.Context(), nil)
			require.NoError(t, err, name)
		}
		require.Len(t, p.requests(loginPath), each.logins, name)
	}
}

func TestAFailedLoginFailsEveryCall(t *testing.T) {
	t.Parallel()
	owner := newClient(t, agentexchange.Options{APIKey: register(t).APIKey, APISecret: register(t).APISecret})
	for range 2 {
		_, err := owner.ListAgents(t.Context(), nil)
		require.ErrorIs(t, err, agentexchange.ErrInvalidAPIKey)
	}
}

func TestAnAbandonedLoginIsRepeatedByAnotherCall(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	p := newProxy(t, map[string][]fault{loginPath: {func(p *proxy, w http.ResponseWriter, r *http.Request) {
		close(begun)
		hang(p, w, r)
	}, pass}})
	owner := newOwner(t, p.URL)
	ctx, abandon := context.WithCancel(t.Context())
	var calls sync.WaitGroup
	calls.Add(2)
	go func() {
		defer calls.Done()
		_, err := owner.ListAgents(ctx, nil)
		assert.ErrorIs(t, err, context.Canceled)
	}()
	<-begun
	go func() {
		defer calls.Done()
		_, err := owner.ListAgents(t.Context(), nil)
		assert.NoError(t, err)
	}()
	abandon()
	calls.Wait()
}

func TestACallSendsOnlyTheCredentialsOfItsOperation(t *testing.T) {
	t.Parallel()
	p := newProxy(t, nil)
	account := register(t)
	client := newClient(t, agentexchange.Options{
		BaseURL: p.URL, APIKey: account.APIKey, APISecret: account.APISecret, AgentID: account.AgentID,
	})
	_, err := client.ListPairs(t.Context())
	require.NoError(t, err)
	_, err = client.GetBalance(t.Context())
	require.NoError(t, err)
	_, err = client.ListAgents(t.Context(), nil)
	require.NoError(t, err)

	public := p.requests(pairsPath)[0].Header
	require.Empty(t, public.Get("X-API-Key")+public.Get("Authorization")+public.Get("X-Agent-Id"))
	byKey := p.requests(balancePath)[0].Header
	require.Equal(t, string(account.APIKey), byKey.Get("X-API-Key"))
	require.Equal(t, account.AgentID, byKey.Get("X-Agent-Id"))
	require.Empty(t, byKey.Get("Authorization"))
	byToken := p.requests(agentsPath)[0].Header
	require.Regexp(t, `^Bearer eyJ`, byToken.Get("Authorization"))
	require.Empty(t, byToken.Get("X-API-Key")+byToken.Get("X-Agent-Id"))
}

func TestACallNamesAnotherAgentThanTheClient(t *testing.T) {
	t.Parallel()
	account := register(t)
	owner := newClient(t, agentexchange.Options{APIKey: account.APIKey, APISecret: account.APISecret, AgentID: account.AgentID})
	other, err := owner.CreateAgent(t.Context(), agentexchange.CreateAgentRequest{DisplayName: "Other"})
	require.NoError(t, err)
	info, err := owner.GetAccountInfo(t.Context(), agentexchange.WithAgentID(other.AgentID))
	require.NoError(t, err)
	require.Equal(t, other.AgentID, info.AgentID)
	info, err = owner.GetAccountInfo(t.Context())
	require.NoError(t, err)
	require.Equal(t, account.AgentID, info.AgentID)
}

func TestATokenAloneIsEnough(t *testing.T) {
	t.Parallel()
	account := register(t)
	token, err := newClient(t, agentexchange.Options{}).Login(t.Context(),
		agentexchange.LoginRequest{APIKey: account.APIKey, APISecret: account.APISecret})
	require.NoError(t, err)
	client := newClient(t, agentexchange.Options{Token: token.Token})
	_, err = client.ListAgents(t.Context(), nil)
	require.NoError(t, err)
	_, err = client.GetBalance(t.Context())
	require.NoError(t, err, "the token of the account stands for its default agent")
}

func TestACallWithoutItsCredentialsIsNotSent(t *testing.T) {
	t.Parallel()
	p := newProxy(t, nil)
	_, err := newClient(t, agentexchange.Options{BaseURL: p.URL}).GetBalance(t.Context())
	require.ErrorIs(t, err, agentexchange.ErrCredentials)
	require.ErrorContains(t, err, "GetBalance needs an APIKey or a Token")
	_, err = newTrader(t, p.URL).ListAgents(t.Context(), nil)
	require.ErrorIs(t, err, agentexchange.ErrCredentials)
	require.ErrorContains(t, err, "ListAgents needs a token: give the client the account's APIKey and APISecret")
	require.Empty(t, p.requests(balancePath))
	require.Empty(t, p.requests(agentsPath))
}

func TestTheEnvironmentIsUsedIfNothingIsGiven(t *testing.T) {
	account, other := register(t), register(t)
	t.Setenv("AGENTEXCHANGE_API_KEY", string(account.APIKey))
	t.Setenv("AGENTEXCHANGE_API_SECRET", string(account.APISecret))

	list, err := newClient(t, agentexchange.Options{}).ListAgents(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, account.AgentID, list.Agents[0].ID)

	_, err = newClient(t, agentexchange.Options{APIKey: other.APIKey}).ListAgents(t.Context(), nil)
	require.ErrorIs(t, err, agentexchange.ErrCredentials, "a key that is given does not go with a secret of the environment")

	t.Setenv("AGENTEXCHANGE_BASE_URL", "http://127.0.0.1:9")
	require.Equal(t, "agentexchange.Client(http://127.0.0.1:9)", newClient(t, agentexchange.Options{}).String())
	t.Setenv("AGENTEXCHANGE_BASE_URL", "")
	require.Equal(t, "agentexchange.Client(http://127.0.0.1:8080)", newClient(t, agentexchange.Options{}).String())
}

func TestTheBaseURLMayBeThatOfTheAPI(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"/", "/api/v1", "/api/v1//"} {
		p := newProxy(t, nil)
		client := newClient(t, agentexchange.Options{BaseURL: p.URL + end})
		_, err := client.ListPairs(t.Context())
		require.NoError(t, err, end)
		_, err = client.GetHealth(t.Context())
		require.NoError(t, err, end)
	}
}

func TestNewRejectsInvalidOptions(t *testing.T) {
	t.Parallel()
	for want, options := range map[string]agentexchange.Options{
		"the API key that it belongs to": {APISecret: "sk_live_x"},
		"must be printable":              {APIKey: "ak_live_\nx"},
		"a credential must":              {APIKey: "ak_live_x", APISecret: "sk_live_é"},
		"not an http or https URL":       {BaseURL: "localhost:8080"},
	} {
		_, err := agentexchange.New(options)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "_live_")
	}
}

func TestWhiteSpaceAroundCredentialsIsDropped(t *testing.T) {
	account := register(t)
	owner := newClient(t, agentexchange.Options{APIKey: "\n" + account.APIKey + "\r\n", APISecret: account.APISecret + " \n"})
	_, err := owner.GetBalance(t.Context())
	require.NoError(t, err)
	_, err = owner.ListAgents(t.Context(), nil)
	require.NoError(t, err)

	t.Setenv("AGENTEXCHANGE_API_KEY", string(account.APIKey))
	_, err = newClient(t, agentexchange.Options{APIKey: "\n"}).GetBalance(t.Context())
	require.ErrorIs(t, err, agentexchange.ErrCredentials, "a blank key was given, and the environment's is not meant")
}

func TestValuesUnfitForAHeaderAreNeitherSentNorShown(t *testing.T) {
	t.Parallel()
	p := newProxy(t, nil)
	trader := newTrader(t, p.URL)
	for _, secret := range []string{"", "ak_live_x\n", "ak_live_é", " ak_live_x"} {
		for name, option := range map[string]agentexchange.CallOption{
			"X-Agent-Id":      agentexchange.WithAgentID(secret),
			"Idempotency-Key": agentexchange.WithIdempotencyKey(secret),
		} {
			_, err := trader.PlaceOrder(t.Context(), marketBuy("0.001"), option)
			require.ErrorContains(t, err, name)
			require.NotContains(t, err.Error(), "_live_")
		}
	}
	require.Empty(t, p.requests(orderPath))
}

func TestAnOptionThatIsNilChangesNothing(t *testing.T) {
	t.Parallel()
	_, err := newTrader(t, "").GetBalance(t.Context(), nil)
	require.NoError(t, err)
}

func TestCredentialsAreHiddenWhenPrintedOrLogged(t *testing.T) {
	t.Parallel()
	account := register(t)
	options := agentexchange.Options{APIKey: account.APIKey, APISecret: account.APISecret}
	client := newClient(t, options)
	_, err := client.ListAgents(t.Context(), nil) // now it has a token
	require.NoError(t, err)
	_, refused := newClient(t, agentexchange.Options{APIKey: account.APIKey + "x", APISecret: account.APISecret}).
		ListAgents(t.Context(), nil)
	require.Error(t, refused)

	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	for _, value := range []any{
		account, *account, options, client, *client, account.APISecret, refused, struct{ C any }{client}, struct{ c agentexchange.Client }{*client},
	} {
		logger.Info("look", "value", value)
		fmt.Fprintf(&log, "%v %+v %#v %s %q\n", value, value, value, value, value)
	}
	require.NotContains(t, log.String(), "_live_")
	require.NotContains(t, log.String(), "eyJ")
	require.Contains(t, log.String(), account.AgentID)
}

// roundTrip is a transport supplied by the user.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRequestsUseTheGivenHTTPClient(t *testing.T) {
	t.Parallel()
	var agents []string
	given := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		agents = append(agents, r.UserAgent())
		return http.DefaultTransport.RoundTrip(r)
	})}
	_, err := newClient(t, agentexchange.Options{HTTPClient: given}).ListPairs(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"agentexchange-go/" + agentexchange.Version}, agents)
	require.Nil(t, given.CheckRedirect, "the caller's client stays as it is")
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := newProxy(t, nil)
	p := newProxy(t, map[string][]fault{balancePath: {answer(http.StatusTemporaryRedirect, "", "Location", elsewhere.URL+balancePath)}})
	_, err := newTrader(t, p.URL).GetBalance(t.Context())
	var refused *agentexchange.APIError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusTemporaryRedirect, refused.Status)
	require.Empty(t, elsewhere.requests(balancePath), "it would have been told the key")
}
