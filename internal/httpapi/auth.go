package httpapi

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Register creates an account and its default agent, or neither.
func (s *Server) Register(ctx context.Context, req api.RegisterRequestObject) (api.RegisterResponseObject, error) {
	return idempotently(ctx, s, req.Params.IdempotencyKey, func(tx *work) (api.Register201JSONResponse, error) {
		return s.register(ctx, tx, *req.Body)
	})
}

func (s *Server) register(ctx context.Context, tx *work, body api.RegisterRequest) (api.Register201JSONResponse, error) {
	none := api.Register201JSONResponse{}
	apiKey, err := auth.MintKey(s.random, auth.KindAPIKey)
	if err != nil {
		return none, err
	}
	apiSecret, err := auth.MintKey(s.random, auth.KindAPISecret)
	if err != nil {
		return none, err
	}
	accountID, agentID := newID(), newID()
	err = db.New().AccountInsert(ctx, tx, db.AccountInsertParams{
		ID: accountID, DisplayName: body.DisplayName, Email: body.Email, EmailFolded: folded(body.Email),
		APIKeyDigest: auth.DigestKey(apiKey), APISecretDigest: auth.DigestKey(apiSecret),
		StartingBalance: *body.StartingBalance, DefaultAgentID: agentID, CreatedAt: s.now(),
	})
	if postgres.ViolatesUnique(err, "accounts_email_folded_key") {
		return none, fault.New(fault.DuplicateAccount).Because(err)
	}
	if err != nil {
		return none, err
	}
	agent, agentKey, err := s.insertAgent(ctx, tx, db.AgentCreateParams{
		ID: agentID, AccountID: accountID, DisplayName: withSuffix(body.DisplayName, "'s Agent", s.maxName),
		StartingBalance: *body.StartingBalance,
	}, nil)
	if err != nil {
		return none, err
	}
	return api.Register201JSONResponse{Body: api.AccountCredentials{
		AccountID: accountID, APIKey: apiKey, APISecret: apiSecret, DisplayName: body.DisplayName,
		StartingBalance: agent.StartingBalance, AgentID: agentID, AgentAPIKey: agentKey,
		Message: "Save the api_secret now; it is not shown again. Log in with api_key and api_secret at POST " +
			"/api/v1/auth/login to manage agents; agent_api_key is the key of your first agent.",
	}}, nil
}

func folded(email *string) *string {
	if email == nil {
		return nil
	}
	lower := strings.ToLower(*email)
	return &lower
}

// Login exchanges an account's key and secret for a token. Whichever half is wrong, the answer and the work before it
// are the same: a malformed half is refused without a look-up, any other after one.
func (s *Server) Login(ctx context.Context, req api.LoginRequestObject) (api.LoginResponseObject, error) {
	wrong := fault.New(fault.InvalidAPIKey).Saying("The key or the secret is not valid. Log in with the account's api_key and " +
		"api_secret, both from its registration; an agent's key does not log in.")
	key, keyErr := auth.ParseKey(req.Body.APIKey.Reveal(), auth.KindAPIKey)
	secret, secretErr := auth.ParseKey(req.Body.APISecret.Reveal(), auth.KindAPISecret)
	if err := errors.Join(keyErr, secretErr); err != nil {
		return nil, wrong.Because(err)
	}
	account, err := db.New().AccountGetCredentials(ctx, s.pool, auth.DigestKey(key))
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	// For an unknown key this compares with nothing, which is never equal.
	if subtle.ConstantTimeCompare(auth.DigestKey(secret), account.APISecretDigest) != 1 {
		return nil, wrong
	}
	token, expiresAt, err := s.tokens.Sign(ctx, account.ID, account.SigningKeyID)
	if err != nil {
		return nil, fmt.Errorf("signing a token: %w", err)
	}
	callOf(ctx).accountID = account.ID
	return api.Login200JSONResponse{Body: api.Token{
		Token: token, TokenType: api.TokenTokenTypeBearer, ExpiresAt: expiresAt.UTC(),
		ExpiresIn: int32(auth.TokenLifetime.Seconds()),
	}}, nil
}

// GetJwks answers the public keys that verify tokens.
func (s *Server) GetJwks(ctx context.Context, _ api.GetJwksRequestObject) (api.GetJwksResponseObject, error) {
	keys, err := s.tokens.PublicKeys(ctx)
	if err != nil {
		return nil, err
	}
	jwks := api.Jwks{Keys: make([]api.Jwk, 0, len(keys))}
	for _, key := range keys {
		jwks.Keys = append(jwks.Keys, api.Jwk{
			Kty: api.JwkKtyOKP, Crv: api.JwkCrvEd25519, Alg: api.JwkAlgEdDSA, Use: api.JwkUseSig, Kid: key.ID, X: key.X,
		})
	}
	return api.GetJwks200JSONResponse{Body: jwks}, nil
}

// newID makes an id that sorts by time of creation.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
