module github.com/agentexchange/agentexchange/internal/sdk/golang/tests

go 1.24.0

require (
	github.com/agentexchange/agentexchange/gen/sdk/go v0.0.0
	github.com/shopspring/decimal v1.6.0
	github.com/stretchr/testify v1.12.1
	go.uber.org/goleak v1.3.0
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect

replace github.com/agentexchange/agentexchange/gen/sdk/go => ../../../../gen/sdk/go
