package httpapi

import (
	"context"
	"fmt"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/internal/agents"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/jackc/pgx/v5"
)

// Register creates an account and its default agent, or neither.
func (s *Server) Register(ctx context.Context, req api.RegisterRequestObject) (api.RegisterResponseObject, error) {
	return idempotently(ctx, s, req.Params.IdempotencyKey, func(tx pgx.Tx) (api.Register201JSONResponse, error) {
		made, err := s.agents.Register(ctx, tx, agents.NewAccount{
			DisplayName: req.Body.DisplayName, Email: req.Body.Email, StartingBalance: *req.Body.StartingBalance,
			Limits: s.limitsOf(nil),
		})
		if err != nil {
			return api.Register201JSONResponse{}, err
		}
		return api.Register201JSONResponse{Body: api.AccountCredentials{
			AccountID: made.AccountID, APIKey: made.APIKey, APISecret: made.APISecret, DisplayName: req.Body.DisplayName,
			StartingBalance: made.Agent.StartingBalance, AgentID: made.Agent.ID, AgentAPIKey: made.Agent.Key,
			Message: "Save the api_secret now; it is not shown again. Log in with api_key and api_secret at POST " +
				"/api/v1/auth/login to manage agents; agent_api_key is the key of your first agent.",
		}}, nil
	})
}

// Login exchanges an account's key and secret for a token.
func (s *Server) Login(ctx context.Context, req api.LoginRequestObject) (api.LoginResponseObject, error) {
	accountID, signingKeyID, err := s.agents.LogIn(ctx, req.Body.APIKey.Reveal(), req.Body.APISecret.Reveal())
	if fault.Is(err, fault.InvalidAPIKey) {
		return nil, fault.New(fault.InvalidAPIKey).Because(err).Saying("The key or the secret is not valid. Log in with the " +
			"account's api_key and api_secret, both from its registration; an agent's key does not log in.")
	}
	if err != nil {
		return nil, err
	}
	token, expiresAt, err := s.tokens.Sign(ctx, accountID, signingKeyID)
	if err != nil {
		return nil, fmt.Errorf("signing a token: %w", err)
	}
	callOf(ctx).accountID = accountID
	return api.Login200JSONResponse{Body: api.Token{
		Token: token, TokenType: api.TokenTokenTypeBearer, ExpiresAt: expiresAt.UTC(),
		ExpiresIn: int32(auth.TokenLifetime.Seconds()),
	}}, nil
}

// GetJwks returns the public keys that verify tokens.
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
