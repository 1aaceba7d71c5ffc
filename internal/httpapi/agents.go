package httpapi

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// CreateAgent makes an agent, funds it and answers its key.
func (s *Server) CreateAgent(ctx context.Context, req api.CreateAgentRequestObject) (api.CreateAgentResponseObject, error) {
	return idempotently(ctx, s, req.Params.IdempotencyKey, func(tx *work) (api.CreateAgent201JSONResponse, error) {
		created, err := s.createAgent(ctx, tx, db.AgentCreateParams{
			DisplayName:     req.Body.DisplayName,
			StartingBalance: *req.Body.StartingBalance,
			LLMModel:        req.Body.LlmModel,
			Framework:       req.Body.Framework,
			StrategyTags:    tagsOf(req.Body.StrategyTags),
			Color:           req.Body.Color,
		}, req.Body.RiskProfile)
		return api.CreateAgent201JSONResponse{AgentCreatedJSONResponse: created}, err
	})
}

// CloneAgent makes an agent with the configuration of another.
func (s *Server) CloneAgent(ctx context.Context, req api.CloneAgentRequestObject) (api.CloneAgentResponseObject, error) {
	return idempotently(ctx, s, req.Params.IdempotencyKey, func(tx *work) (api.CloneAgent201JSONResponse, error) {
		source, err := found(db.New().AgentGet(ctx, tx, db.AgentGetParams{ID: req.AgentID, AccountID: owner(ctx)}))
		if err != nil {
			return api.CloneAgent201JSONResponse{}, err
		}
		name := withSuffix(source.DisplayName, " (copy)", s.maxName)
		if req.Params.NewName != nil {
			name = *req.Params.NewName
		}
		created, err := s.createAgent(ctx, tx, db.AgentCreateParams{
			DisplayName: name, StartingBalance: source.StartingBalance, LLMModel: source.LLMModel,
			Framework: source.Framework, StrategyTags: source.StrategyTags,
		}, &api.RiskProfileOverrides{
			MaxPositionSizePct: &source.MaxPositionSizePct, DailyLossLimitPct: &source.DailyLossLimitPct,
			MaxOpenOrders: &source.MaxOpenOrders,
		})
		return api.CloneAgent201JSONResponse{AgentCreatedJSONResponse: created}, err
	})
}

// createAgent makes an agent of the account that calls.
func (s *Server) createAgent(
	ctx context.Context, tx *work, params db.AgentCreateParams, risk *api.RiskProfileOverrides,
) (api.AgentCreatedJSONResponse, error) {
	params.ID, params.AccountID = newID(), owner(ctx)
	agent, key, err := s.insertAgent(ctx, tx, params, risk)
	if postgres.ViolatesForeignKey(err) { // a token of an account that is no more
		return api.AgentCreatedJSONResponse{}, fault.New(fault.InvalidToken).Because(err)
	}
	return api.AgentCreatedJSONResponse{Body: api.AgentCredentials{
		AgentID: agent.ID, APIKey: key, DisplayName: agent.DisplayName, StartingBalance: agent.StartingBalance,
		Message: "Save the api_key now: your agent sends it as X-API-Key. GET /api/v1/agents/" + agent.ID.String() +
			"/api-key retrieves it again.",
	}}, err
}

// insertAgent gives the agent its key, its limits (those not named take the defaults of the spec) and its balance.
func (s *Server) insertAgent(
	ctx context.Context, tx *work, params db.AgentCreateParams, risk *api.RiskProfileOverrides,
) (db.Agent, auth.Secret, error) {
	key, err := auth.MintKey(s.random, auth.KindAPIKey)
	if err != nil {
		return db.Agent{}, "", err
	}
	params.APIKeySealed, err = tx.seal(ctx, params.ID, auth.PurposeAgentKey, []byte(key.Reveal()))
	if err != nil {
		return db.Agent{}, "", err
	}
	if risk == nil {
		risk = &s.defaultRisk
	}
	params.MaxPositionSizePct, params.DailyLossLimitPct = *risk.MaxPositionSizePct, *risk.DailyLossLimitPct
	params.MaxOpenOrders = *risk.MaxOpenOrders
	if params.StrategyTags == nil {
		params.StrategyTags = []string{}
	}
	params.APIKeyDigest, params.APIKeyPreview = auth.DigestKey(key), auth.PreviewKey(key)
	params.CreatedAt = s.now()
	session := s.exchange.NewSession(params.StartingBalance, params.CreatedAt)
	params.SessionID, params.DayStartedAt, params.DepositID = session.ID, session.Day, s.exchange.NewID(params.CreatedAt)
	agent, err := db.New().AgentCreate(ctx, tx, params)
	return db.Agent(agent), key, err
}

// ListAgents answers a page of the account's agents, oldest first.
func (s *Server) ListAgents(ctx context.Context, req api.ListAgentsRequestObject) (api.ListAgentsResponseObject, error) {
	// The validator has put the spec's defaults in for what was not sent.
	agents, total, err := s.listAgents(ctx, *req.Params.IncludeArchived, req.Params.Limit, *req.Params.Offset)
	if err == nil && unchanged(ctx, total, agents...) {
		return api.ListAgents304Response{}, nil
	}
	return api.ListAgents200JSONResponse{AgentPageJSONResponse: pageOf(agents, total)}, err
}

// GetAgentOverview answers every agent of the account that is not archived.
func (s *Server) GetAgentOverview(ctx context.Context, _ api.GetAgentOverviewRequestObject) (api.GetAgentOverviewResponseObject, error) {
	agents, total, err := s.listAgents(ctx, false, nil, 0)
	if err == nil && unchanged(ctx, total, agents...) {
		return api.GetAgentOverview304Response{}, nil
	}
	return api.GetAgentOverview200JSONResponse{AgentPageJSONResponse: pageOf(agents, total)}, err
}

// listAgents reads a page, and how many agents there are in all, as they were at one moment.
func (s *Server) listAgents(ctx context.Context, includeArchived bool, limit *int32, offset int32) (agents []db.Agent, total int64, err error) {
	list, count := db.AgentListActive, db.AgentCountActive
	if includeArchived {
		list, count = db.AgentList, db.AgentCount
	}
	var pipeline pgx.Batch
	pipeline.Queue("begin isolation level repeatable read read only")
	postgres.Collect(&pipeline, &agents, list, owner(ctx), offset, limit)
	pipeline.Queue(count, owner(ctx)).QueryRow(func(row pgx.Row) error { return row.Scan(&total) })
	pipeline.Queue("commit")
	return agents, total, postgres.Send(ctx, s.pool, &pipeline)
}

// GetAgent answers one agent.
func (s *Server) GetAgent(ctx context.Context, req api.GetAgentRequestObject) (api.GetAgentResponseObject, error) {
	agent, err := s.agent(ctx, req.AgentID)
	if err == nil && unchanged(ctx, 1, agent) {
		return api.GetAgent304Response{}, nil
	}
	return api.GetAgent200JSONResponse{OneAgentJSONResponse: api.OneAgentJSONResponse{Body: agentOf(agent)}}, err
}

// agent reads an agent of the account that calls.
func (s *Server) agent(ctx context.Context, id uuid.UUID) (db.Agent, error) {
	rows, err := postgres.Rows[db.Agent](ctx, s.readers, db.AgentGet, id, owner(ctx))
	if err != nil {
		return db.Agent{}, err
	}
	if len(rows) == 0 {
		return db.Agent{}, fault.New(fault.AgentNotFound)
	}
	return rows[0], nil
}

// UpdateAgent changes the fields that were sent. Where none was, it is a read.
func (s *Server) UpdateAgent(ctx context.Context, req api.UpdateAgentRequestObject) (api.UpdateAgentResponseObject, error) {
	change := db.AgentUpdateParams{
		ID: req.AgentID, AccountID: owner(ctx), UpdatedAt: s.now(),
		SetDisplayName: req.Body.DisplayName != nil, DisplayName: valueOf(req.Body.DisplayName),
		SetLLMModel: req.Body.LlmModel.IsSpecified(), LLMModel: pointerOf(req.Body.LlmModel),
		SetFramework: req.Body.Framework.IsSpecified(), Framework: pointerOf(req.Body.Framework),
		SetStrategyTags: req.Body.StrategyTags != nil, StrategyTags: tagsOf(req.Body.StrategyTags),
		SetColor: req.Body.Color.IsSpecified(), Color: pointerOf(req.Body.Color),
	}
	var agent db.Agent
	var err error
	if change.SetDisplayName || change.SetLLMModel || change.SetFramework || change.SetStrategyTags || change.SetColor {
		agent, err = found(db.New().AgentUpdate(ctx, s.pool, change))
	} else {
		agent, err = s.agent(ctx, change.ID)
	}
	return api.UpdateAgent200JSONResponse{OneAgentJSONResponse: api.OneAgentJSONResponse{Body: agentOf(agent)}}, err
}

// DeleteAgent deletes an agent and everything that is its.
func (s *Server) DeleteAgent(ctx context.Context, req api.DeleteAgentRequestObject) (api.DeleteAgentResponseObject, error) {
	release, err := s.holdOwn(ctx, req.AgentID)
	if err != nil {
		return nil, err
	}
	defer release()
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		queries := db.New()
		agent, err := found(queries.AgentLock(ctx, tx, db.AgentLockParams{ID: req.AgentID, AccountID: owner(ctx)}))
		if err != nil {
			return err
		}
		if err := queries.AgentKeyDelete(ctx, tx, agent.APIKeyDigest); err != nil {
			return err
		}
		if err := queries.AgentDelete(ctx, tx, db.AgentDeleteParams{ID: agent.ID, AccountID: agent.AccountID}); err != nil {
			return err
		}
		return queries.AccountClearDefaultAgent(ctx, tx, db.AccountClearDefaultAgentParams{ID: agent.AccountID, AgentID: agent.ID})
	})
	return api.DeleteAgent204Response{}, err
}

// owner is the account that calls; every query of an agent names it.
func owner(ctx context.Context) uuid.UUID { return callOf(ctx).accountID }

// found turns the absence of a row into the error that says so.
func found[Row any](row Row, err error) (Row, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		err = fault.New(fault.AgentNotFound)
	}
	return row, err
}

// withSuffix appends the suffix to a name, which is cut so that both together have at most max characters.
func withSuffix(name, suffix string, max int) string {
	room := max - utf8.RuneCountInString(suffix)
	if runes := []rune(name); len(runes) > room {
		name = strings.TrimSpace(string(runes[:room]))
	}
	return name + suffix
}
