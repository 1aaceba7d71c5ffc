module github.com/agentexchange/agentexchange/internal/sdk/golang/example

go 1.24.0

require (
	github.com/agentexchange/agentexchange/gen/sdk/go v0.0.0
	github.com/shopspring/decimal v1.6.0
)

replace github.com/agentexchange/agentexchange/gen/sdk/go => ../../../../gen/sdk/go
