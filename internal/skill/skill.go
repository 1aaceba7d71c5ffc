// Package skill renders the file that teaches an LLM to use its agent, from the spec.
package skill

import (
	_ "embed"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/getkin/kin-openapi/openapi3"
)

// Agent is what the file says of its agent. Name contains no line break: the API refuses one.
type Agent struct {
	ID, Name, Key, BaseURL                               string
	MaxPositionSizePct, DailyLossLimitPct, MaxOpenOrders int32
}

// Guide makes the files.
type Guide struct {
	common common
	limits openapi3.Schemas
}

// common is what the files of all agents have in common.
type common struct {
	Briefing   string
	BasePath   string
	Examples   string
	Sections   []section
	Shapes     string
	OrderRules string
	Refusals   []refusal
	Details    string
	Management string
}

// section is the calls of one tag.
type section struct{ Name, Calls string }

//go:embed skill.md.tmpl
var text string

var form = template.Must(template.New("skill.md").Parse(text))

// New reads the spec. It fails if the spec lacks what the examples need.
func New(doc *spec.Document) (*Guide, error) {
	file := common{
		Briefing:   briefing(doc),
		OrderRules: strings.TrimSpace(doc.Components.Schemas["PlaceOrderRequest"].Value.Description),
		Details:    strings.TrimSpace(doc.Components.Schemas["RefusalDetails"].Value.Description),
		Management: strings.TrimSpace(doc.Tags.Get("Agents").Description),
	}
	var tags []string
	var own []*spec.Operation
	byTag, byID := map[string][]*spec.Operation{}, map[string]*spec.Operation{}
	for _, tag := range doc.Sections {
		for _, op := range tag.Operations {
			byID[op.ID] = op
			if isForAgents(op) {
				byTag[tag.Name] = append(byTag[tag.Name], op)
			}
		}
		if len(byTag[tag.Name]) > 0 {
			tags, own = append(tags, tag.Name), append(own, byTag[tag.Name]...)
		}
	}
	file.BasePath = basePath(own)
	notation := newNotation(file.BasePath, own)
	for _, tag := range tags {
		file.Sections = append(file.Sections, section{tag, notation.calls(byTag[tag])})
	}
	file.Shapes = notation.shapes()
	file.Refusals = refusals(own)
	var err error
	file.Examples, err = examples(file.BasePath, byID, byTag["Trading"])
	return &Guide{file, doc.Components.Schemas["RiskProfile"].Value.Properties}, err
}

// limit is one of the effective limits, with what the spec says of it.
type limit struct {
	Name, Meaning string
	Value         int32
}

// Render writes the file for one agent.
func (g *Guide) Render(agent Agent) (string, error) {
	limits := []limit{
		{Name: "max_position_size_pct", Value: agent.MaxPositionSizePct},
		{Name: "daily_loss_limit_pct", Value: agent.DailyLossLimitPct},
		{Name: "max_open_orders", Value: agent.MaxOpenOrders},
	}
	for n := range limits {
		limits[n].Meaning = g.limits[limits[n].Name].Value.Description
	}
	var out strings.Builder
	err := form.Execute(&out, struct {
		common
		Agent   Agent
		BaseURL string
		Limits  []limit
	}{g.common, agent, quote(agent.BaseURL), limits})
	return out.String(), err
}

var plain = regexp.MustCompile(`^[A-Za-z0-9._:/\[\]-]+$`)

// quote quotes a text as one word of the shell.
func quote(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// briefing is the spec's description of the whole API, without the paragraph on credentials: the file has the agent's own.
func briefing(doc *spec.Document) string {
	_, text, _ := strings.Cut(strings.TrimSpace(doc.Info.Description), "\n\n")
	return strings.Join(slices.DeleteFunc(strings.Split(text, "\n\n"), func(paragraph string) bool {
		return strings.HasPrefix(paragraph, "**Credentials.**")
	}), "\n\n")
}

// isForAgents reports whether an agent's key may call an operation, or whether it needs no credentials and is a tool, unlike
// registering or probing the server.
func isForAgents(op *spec.Operation) bool {
	return op.Credentials.Key && !op.AccountOnly || op.Credentials.Public() && op.Tool != nil
}

// basePath is what the paths of all operations begin with.
func basePath(operations []*spec.Operation) string {
	base := operations[0].Path
	for _, op := range operations {
		for !strings.HasPrefix(op.Path, base+"/") {
			base = base[:strings.LastIndexByte(base, '/')]
		}
	}
	return base
}

// refusal is an error status and the codes that come with it.
type refusal struct{ Status, Codes string }

// refusals lists the errors that the operations' responses may have.
func refusals(operations []*spec.Operation) []refusal {
	byStatus := map[string][]string{}
	for _, op := range operations {
		for _, response := range op.Responses {
			for _, code := range response.Codes {
				if !slices.Contains(byStatus[response.Status], string(code)) {
					byStatus[response.Status] = append(byStatus[response.Status], string(code))
				}
			}
		}
	}
	var all []refusal
	for _, status := range slices.Sorted(maps.Keys(byStatus)) { // numbers first
		all = append(all, refusal{strings.Replace(status, "default", "any call", 1), strings.Join(byStatus[status], ", ")})
	}
	return all
}
