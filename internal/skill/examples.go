package skill

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/getkin/kin-openapi/openapi3"
)

const (
	curl = `curl -sS --fail-with-body`

	// The spec's example names a price. An order at half the current price always rests, so there is an order to cancel.
	setUp = `# A limit buy at half the current price, which rests until it is cancelled
PRICE=$(( $(%s "$API%s" | sed -E 's/.*"price":"([0-9]+).*/\1/') / 2 ))
CLIENT_ORDER_ID=%s-$(date +%%s%%N)
BODY='%s'
`
	placing = `ORDER=$(%s)
echo "$ORDER"
ORDER_ID=$(echo "$ORDER" | sed -E 's/.*"order_id":"([^"]+)".*/\1/')
`
)

// inPath replaces the parameters of a path.
var inPath = strings.NewReplacer("{order_id}", "$ORDER_ID", "{client_order_id}", "$CLIENT_ORDER_ID")

// examples writes one curl for each trading call, in the order of the spec: an order is placed, looked at and cancelled.
func examples(base string, operations map[string]*spec.Operation, trading []*spec.Operation) (string, error) {
	order, err := limitOrder(operations["placeOrder"])
	if err != nil {
		return "", err
	}
	price := strings.ReplaceAll(strings.TrimPrefix(operations["getPrice"].Path, base), "{symbol}", order["symbol"])
	var out strings.Builder
	id := order["client_order_id"]
	order["price"], order["client_order_id"] = `'"$PRICE"'`, `'"$CLIENT_ORDER_ID"'`
	fmt.Fprintf(&out, setUp, curl, price, id, object(operations["placeOrder"].Body.Schema.Value, order))
	for _, op := range trading {
		command, err := example(base, op)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "\n# %s\n", op.Summary)
		if op.ID == "placeOrder" {
			fmt.Fprintf(&out, placing, command)
		} else {
			out.WriteString(command + "\n")
		}
	}
	return out.String(), nil
}

// limitOrder is the spec's example of an order that may rest.
func limitOrder(place *spec.Operation) (map[string]string, error) {
	named := place.Body.Examples["limit"]
	if named == nil {
		return nil, errors.New("openapi.yaml: placeOrder has no example called limit")
	}
	text, err := json.Marshal(named.Value.Value)
	if err != nil {
		return nil, err
	}
	var order map[string]string
	return order, json.Unmarshal(text, &order)
}

// example writes the curl of one operation, on one line.
func example(base string, op *spec.Operation) (string, error) {
	path := inPath.Replace(strings.TrimPrefix(op.Path, base))
	if strings.Contains(path, "{") {
		return "", fmt.Errorf("openapi.yaml: %s: nothing stands for a parameter of its path in the skill file", op.ID)
	}
	command := curl
	if op.Method != http.MethodGet {
		command += " -X " + op.Method
	}
	command += ` "$API` + path + `" -H "$AUTH"`
	if op.Body != nil {
		command += ` -H "Content-Type: application/json" -d "$BODY"`
	}
	return command, nil
}

// object writes JSON in the order of the schema's fields. A value may close the shell's quotes to insert a variable.
func object(schema *openapi3.Schema, values map[string]string) string {
	var fields []string
	for _, field := range spec.Fields(schema) {
		if value, given := values[field.Name]; given {
			fields = append(fields, fmt.Sprintf(`"%s":"%s"`, field.Name, value))
		}
	}
	return "{" + strings.Join(fields, ",") + "}"
}
