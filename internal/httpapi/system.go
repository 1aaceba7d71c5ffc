package httpapi

import (
	"context"
	"errors"
	"time"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
)

// GetHealth succeeds as long as the process runs.
func (s *Server) GetHealth(context.Context, api.GetHealthRequestObject) (api.GetHealthResponseObject, error) {
	return api.GetHealth200JSONResponse{Body: api.Health{Status: api.HealthStatusOk}}, nil
}

// probeTimeout is how long the database may take to answer before it counts as unreachable.
const probeTimeout = 2 * time.Second

// GetReadiness reports whether the server can handle requests.
func (s *Server) GetReadiness(ctx context.Context, _ api.GetReadinessRequestObject) (api.GetReadinessResponseObject, error) {
	if s.stopping.Load() {
		return nil, fault.New(fault.Unavailable).Because(errors.New("shutting down"))
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	migrated, err := postgres.Migrated(ctx, s.probe)
	if err != nil {
		return nil, fault.New(fault.Unavailable).Because(err)
	}
	if !migrated {
		return nil, fault.New(fault.Unavailable).Because(errors.New("the database is not migrated"))
	}
	if prices := s.prices(); len(prices) == 0 {
		return nil, fault.New(fault.Unavailable).Because(errors.New("there are no prices"))
	}
	return api.GetReadiness200JSONResponse{Body: api.Health{Status: api.HealthStatusReady}}, nil
}
