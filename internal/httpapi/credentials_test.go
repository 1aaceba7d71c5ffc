package httpapi_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"
	"github.com/stretchr/testify/require"
)

// Every operation of the spec that needs a token refuses whoever has none, and whatever only looks like one, before it
// looks at anything else.
func TestOperationsRefuseBadCredentials(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	forger := newForger(t, server, account)
	cases := map[string]struct {
		header, value, code string
	}{
		"no credentials":                  {"X-Nothing", "1", "JWT_REQUIRED"},
		"an agent's key":                  {"X-API-Key", account.AgentKey, "JWT_REQUIRED"},
		"an account's key":                {"X-API-Key", account.APIKey, "JWT_REQUIRED"},
		"another scheme":                  {"Authorization", "Basic YTpi", "JWT_REQUIRED"},
		"an agent's key as a token":       {"Authorization", "Bearer " + account.AgentKey, "INVALID_TOKEN"},
		"garbage":                         {"Authorization", "Bearer eyJhbGci...", "INVALID_TOKEN"},
		"nothing after Bearer":            {"Authorization", "Bearer", "INVALID_TOKEN"},
		"a huge token":                    {"Authorization", "Bearer " + strings.Repeat("a", 8000), "INVALID_TOKEN"},
		"an expired token":                {"Authorization", "Bearer " + forger.expired(t), "TOKEN_EXPIRED"},
		"a token from the future":         {"Authorization", "Bearer " + forger.future(t), "INVALID_TOKEN"},
		"a changed token":                 {"Authorization", "Bearer " + forger.changed(t), "INVALID_TOKEN"},
		"algorithm none":                  {"Authorization", "Bearer " + forger.none(t), "INVALID_TOKEN"},
		"HS256 with the public key":       {"Authorization", "Bearer " + forger.hs256(t), "INVALID_TOKEN"},
		"a key of somebody else's making": {"Authorization", "Bearer " + forger.foreignKey(t), "INVALID_TOKEN"},
		"another audience":                {"Authorization", "Bearer " + forger.audience(t), "INVALID_TOKEN"},
		"no expiry":                       {"Authorization", "Bearer " + forger.eternal(t), "INVALID_TOKEN"},
		"padding":                         {"Authorization", "Bearer " + account.Token + "==", "INVALID_TOKEN"},
		"another spelling":                {"Authorization", "Bearer " + forger.respelled(), "INVALID_TOKEN"},
		"another serialization":           {"Authorization", "Bearer " + forger.asJSON(), "INVALID_TOKEN"},
	}
	eachOperation(func(path, method string, op *openapi3.Operation) {
		if len(*op.Security) == 0 {
			return
		}
		for what, c := range cases {
			if len(*op.Security) > 1 && c.code == "JWT_REQUIRED" { // a key would do too
				if c.header == "X-API-Key" {
					continue
				}
				c.code = "INVALID_API_KEY"
			}
			t.Run(op.OperationID+"/"+what, func(t *testing.T) {
				t.Parallel()
				// A body that is broken: nobody looks at it.
				answer := server.Client(t).With(c.header, c.value).Do(method, fill(path, account.AgentID), []byte("{{{"))
				answer.WantError(http.StatusUnauthorized, c.code)
				require.Contains(t, answer.Header.Get("WWW-Authenticate"), "Bearer")
			})
		}
	})
}

// Of two accounts, neither learns that the other's agents exist: the answer is that for an agent that does not exist.
func TestOperationsHideOtherAccountsAgents(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	owner, stranger := server.Register(t), server.Register(t)
	eachOperation(func(path, method string, op *openapi3.Operation) {
		if len(*op.Security) == 0 || !strings.Contains(path, "{agent_id}") {
			return
		}
		t.Run(op.OperationID, func(t *testing.T) {
			t.Parallel()
			var body any
			if op.RequestBody != nil {
				body = op.RequestBody.Value.Content.Get("application/json").Schema.Value.Example
			}
			foreign := stranger.Do(method, fill(path, owner.AgentID), body).WantError(404, "AGENT_NOT_FOUND")
			missing := stranger.Do(method, fill(path, uuid.NewString()), body).WantError(404, "AGENT_NOT_FOUND")
			require.Equal(t, withoutRequestID(foreign), withoutRequestID(missing))
		})
	})
	t.Cleanup(func() {
		owner.Do(http.MethodGet, "/api/v1/agents/"+owner.AgentID, nil).Want(200)
	})
}

func withoutRequestID(answer *testkit.Answer) string {
	return strings.ReplaceAll(string(answer.Body), answer.Header.Get("X-Request-Id"), "")
}

func fill(path, agentID string) string {
	return strings.NewReplacer("{agent_id}", agentID, "{symbol}", "BTCUSDT").Replace(path)
}

// forger makes tokens that must not be accepted.
type forger struct {
	server  *testkit.Server
	account *testkit.Account
	keyID   string
	public  ed25519.PublicKey
	private ed25519.PrivateKey
}

func newForger(t *testing.T, server *testkit.Server, account *testkit.Account) *forger {
	t.Helper()
	rows, err := db.New().SigningKeyList(context.Background(), server.Pool, time.Now())
	require.NoError(t, err)
	seed, err := server.Vault(t).Open(rows[0].ID, auth.PurposeSigningKey, rows[0].SealedPrivateKey)
	require.NoError(t, err)
	return &forger{server: server, account: account, keyID: rows[0].ID.String(), public: rows[0].PublicKey, private: ed25519.NewKeyFromSeed(seed)}
}

func (f *forger) builder(now time.Time) *jwt.Builder {
	return jwt.NewBuilder().Issuer("agentexchange").Audience([]string{"agentexchange"}).Subject(f.account.ID).
		IssuedAt(now).NotBefore(now).Expiration(now.Add(time.Hour)).JwtID("1")
}

func (f *forger) sign(t *testing.T, builder *jwt.Builder, alg jwa.SignatureAlgorithm, key any) string {
	t.Helper()
	token, err := builder.Build()
	require.NoError(t, err)
	headers := jws.NewHeaders()
	require.NoError(t, headers.Set(jws.KeyIDKey, f.keyID))
	signed, err := jwt.Sign(token, jwt.WithKey(alg, key, jws.WithProtectedHeaders(headers)))
	require.NoError(t, err)
	return string(signed)
}

func (f *forger) expired(t *testing.T) string {
	return f.sign(t, f.builder(time.Now().Add(-time.Hour-time.Minute)), jwa.EdDSA, f.private)
}

func (f *forger) future(t *testing.T) string {
	return f.sign(t, f.builder(time.Now().Add(time.Hour)), jwa.EdDSA, f.private)
}

func (f *forger) audience(t *testing.T) string {
	return f.sign(t, f.builder(time.Now()).Audience([]string{"elsewhere"}), jwa.EdDSA, f.private)
}

func (f *forger) eternal(t *testing.T) string {
	now := time.Now()
	return f.sign(t, jwt.NewBuilder().Issuer("agentexchange").Audience([]string{"agentexchange"}).Subject(f.account.ID).
		IssuedAt(now).NotBefore(now).JwtID("1"), jwa.EdDSA, f.private)
}

func (f *forger) hs256(t *testing.T) string {
	return f.sign(t, f.builder(time.Now()), jwa.HS256, []byte(f.public))
}

func (f *forger) foreignKey(t *testing.T) string {
	_, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	return f.sign(t, f.builder(time.Now()), jwa.EdDSA, private)
}

func (f *forger) none(t *testing.T) string {
	parts := strings.Split(f.sign(t, f.builder(time.Now()), jwa.EdDSA, f.private), ".")
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"` + f.keyID + `"}`))
	return header + "." + parts[1] + "."
}

// respelled changes a bit of the last character that stands for no bit of the signature.
func (f *forger) respelled() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(f.account.Token) - 1
	return f.account.Token[:last] + string(alphabet[strings.IndexByte(alphabet, f.account.Token[last])^1])
}

func (f *forger) asJSON() string {
	parts := strings.Split(f.account.Token, ".")
	return `{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`
}

func (f *forger) changed(t *testing.T) string {
	parts := strings.Split(f.sign(t, f.builder(time.Now()), jwa.EdDSA, f.private), ".")
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	changed := strings.Replace(string(claims), f.account.ID, uuid.NewString(), 1)
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(changed)) + "." + parts[2]
}

func TestForgersOwnTokenIsAcceptedWhenNothingIsWrongWithIt(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	forger := newForger(t, server, account)
	good := forger.sign(t, forger.builder(time.Now()), jwa.EdDSA, forger.private)
	server.Client(t).Bearer(good).Do(http.MethodGet, "/api/v1/agents", nil).Want(200)
	withinLeeway := forger.sign(t, forger.builder(time.Now().Add(-time.Hour-10*time.Second)), jwa.EdDSA, forger.private)
	server.Client(t).Bearer(withinLeeway).Do(http.MethodGet, "/api/v1/agents", nil).Want(200)
	// A key sent along decides nothing here.
	server.Client(t).Bearer(good).With("X-API-Key", "nonsense").Do(http.MethodGet, "/api/v1/agents", nil).Want(200)
}

func TestTokensVerifyWithThePublishedKeys(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	keys := server.Client(t).Do(http.MethodGet, "/.well-known/jwks.json", nil).Want(200).Fields()["keys"].([]any)
	require.Len(t, keys, 1)
	x, err := base64.RawURLEncoding.DecodeString(keys[0].(map[string]any)["x"].(string))
	require.NoError(t, err)
	token, err := jwt.ParseString(account.Token, jwt.WithKey(jwa.EdDSA, ed25519.PublicKey(x)), jwt.WithIssuer("agentexchange"))
	require.NoError(t, err)
	require.Equal(t, account.ID, token.Subject())
	require.Equal(t, time.Hour, token.Expiration().Sub(token.IssuedAt()))
	require.NotEmpty(t, token.JwtID())
}

// mistyped changes one character of a key.
func mistyped(key string) string {
	wrong := "x"
	if key[20] == 'x' {
		wrong = "y"
	}
	return key[:20] + wrong + key[21:]
}

// Credentials that somebody puts where they do not belong are not logged: the test's server is looked through at its end.
func TestCredentialsInOddPlacesAreNotLogged(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	for _, secret := range []string{account.APIKey, account.APISecret, account.AgentKey, account.Token} {
		account.Do(http.MethodGet, "/api/v1/agents/"+secret, nil).WantError(422, "VALIDATION_ERROR")
		account.Do(http.MethodGet, "/"+secret, nil).WantError(404, "NOT_FOUND")
		account.With("X-Request-Id", secret[:min(len(secret), 128)]).Do(http.MethodGet, "/api/v1/agents?"+secret, nil).WantError(422, "VALIDATION_ERROR")
	}
	require.Contains(t, server.Log.String(), "[redacted]")
}

func TestLoginRefusesWhicheverHalfIsWrong(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	ada, bob := server.Register(t), server.Register(t)
	for what, pair := range map[string][2]string{
		"another account's secret": {ada.APIKey, bob.APISecret},
		"another account's key":    {bob.APIKey, ada.APISecret},
		"an agent's key":           {ada.AgentKey, ada.APISecret},
		"a mistyped key":           {mistyped(ada.APIKey), ada.APISecret},
		"a mistyped secret":        {ada.APIKey, mistyped(ada.APISecret)},
		"the halves exchanged":     {ada.APISecret, ada.APIKey},
		"nonsense":                 {"a", "b"},
	} {
		answer := server.Client(t).Do(http.MethodPost, "/api/v1/auth/login", map[string]any{"api_key": pair[0], "api_secret": pair[1]})
		answer.WantError(http.StatusUnauthorized, "INVALID_API_KEY")
		require.NotEmpty(t, answer.Header.Get("WWW-Authenticate"), what)
	}
}

// Whoever mixes up what is sent where is told so.
func TestMistakenCredentialsAreExplained(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	stranger := server.Client(t)
	for _, mistake := range []struct {
		answer   *testkit.Answer
		code     string
		sentence string
	}{
		{stranger.Do(http.MethodGet, "/api/v1/account/balance", nil), "INVALID_API_KEY", "No credentials were sent"},
		{stranger.Bearer(account.APIKey).Do(http.MethodGet, "/api/v1/account/balance", nil), "INVALID_TOKEN", "an API key and not a token"},
		{stranger.Bearer(account.APISecret).Do(http.MethodGet, "/api/v1/agents", nil), "INVALID_TOKEN", "an API key and not a token"},
		{stranger.Do(http.MethodGet, "/api/v1/agents", nil), "JWT_REQUIRED", "with the account's key and secret"},
		{stranger.Do(http.MethodPost, "/api/v1/auth/login", map[string]any{"api_key": account.AgentKey, "api_secret": account.APISecret}),
			"INVALID_API_KEY", "an agent's key does not log in"},
	} {
		mistake.answer.WantError(http.StatusUnauthorized, mistake.code)
		require.Contains(t, string(mistake.answer.Body), mistake.sentence)
	}
}

// The server remembers which tokens it has verified.
func TestATokenThatWasGoodStillExpires(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	account := testkit.Start(t, clock.Use).Register(t)
	read := func() *testkit.Answer { return account.Do(http.MethodGet, "/api/v1/agents", nil) }
	read().Want(http.StatusOK)
	clock.Advance(auth.TokenLifetime - time.Second)
	read().Want(http.StatusOK)
	clock.Advance(time.Minute)
	read().WantError(http.StatusUnauthorized, "TOKEN_EXPIRED")
}
