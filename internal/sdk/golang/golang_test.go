// Package golang contains the generator of the Go SDK and the SDK's tests.
package golang

import (
	"context"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/agentexchange/agentexchange/internal/sdk/readme"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const sdk = "../../../gen/sdk/go"

func TestTheExampleTradesUntilALimitStopsItAndResets(t *testing.T) {
	t.Parallel()
	run(t, "", "example", "go", "mod", "download") // on a fresh machine it would speak of it in between
	said := run(t, testkit.Start(t).URL, "example", "go", "run", ".")
	require.Regexp(t, `(?s)^Created agent [0-9a-f-]{36} with 5000 USDT\.\n(Bought .* BTCUSDT at .*\.\n){3}`+
		`Refused by position_limit_exceeded; at most 0\.\d+ more BTCUSDT\.\nReset to 5000 USDT\.\n$`, said)
}

func TestTheSDKsOwnTestsPassAndCallEveryOperation(t *testing.T) {
	t.Parallel()
	seen := watch(t, testkit.Start(t).URL)
	test := []string{"go", "test", "-count=1"}
	if builtWithRace() {
		test = append(test, "-race")
	}
	run(t, seen.URL, "tests", append(test, "./...")...)
	run(t, seen.URL, sdk, append(test, "./...")...)
	for _, id := range operations() {
		require.Contains(t, seen.operations, id, "no test calls it")
	}
}

func TestItWorksAsTheReadmeSays(t *testing.T) {
	t.Parallel()
	page := filepath.Join(sdk, "README.md")
	checkout, err := filepath.Abs("../../..")
	require.NoError(t, err)
	project := t.TempDir()
	quickstart := readme.Blocks(t, page, "go")[0]
	require.NoError(t, os.WriteFile(filepath.Join(project, "main.go"), []byte(quickstart), 0o600))

	// The example has the same dependencies. Once they are downloaded, no module proxy is needed.
	run(t, "", "example", "go", "mod", "download")
	said := run(t, testkit.Start(t).URL, project,
		"env", "GOPROXY=off", "GOSUMDB=off", "bash", "-c", readme.Script(t, page, checkout))
	require.Regexp(t, `(?m)^filled \d+\.\d+$`, said)
	require.Contains(t, said, "\nReset to 5000 USDT.\n")
}

func TestEveryOperationHasAMethodAndEveryErrorCodeAConstant(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	client := find(parse(t).Types, "Client")
	for _, method := range client.Methods {
		names[strings.ToLower(method.Name)] = true
	}
	for _, id := range operations() {
		require.Contains(t, names, strings.ToLower(id))
	}

	codes := map[string]bool{}
	for _, group := range find(parse(t).Types, "ErrorCode").Consts {
		for _, spec := range group.Decl.Specs {
			value, err := strconv.Unquote(spec.(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			codes[value] = true
		}
	}
	for _, code := range testkit.Spec().Components.Schemas["ErrorCode"].Value.Enum {
		require.Contains(t, codes, code)
	}
}

func TestEverythingExportedIsDocumented(t *testing.T) {
	t.Parallel()
	pkg := parse(t)
	require.NotEmpty(t, pkg.Doc)
	documented := func(name, text string) { require.NotEmpty(t, strings.TrimSpace(text), name) }
	values := func(of string, groups []*doc.Value) {
		for _, group := range groups {
			documented("a constant or variable of "+of, group.Doc)
		}
	}
	functions := func(of string, all []*doc.Func) {
		for _, function := range all {
			documented(of+"."+function.Name, function.Doc)
		}
	}
	values(pkg.Name, append(pkg.Consts, pkg.Vars...))
	functions(pkg.Name, pkg.Funcs)
	for _, named := range pkg.Types {
		documented(named.Name, named.Doc)
		values(named.Name, append(named.Consts, named.Vars...))
		functions(named.Name, append(named.Funcs, named.Methods...))
		structure, ok := named.Decl.Specs[0].(*ast.TypeSpec).Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, field := range structure.Fields.List {
			documented(named.Name+"."+field.Names[0].Name, field.Doc.Text())
		}
	}
}

// builtWithRace reports whether this test runs with the race detector. The SDK's own tests then do, too.
func builtWithRace() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// run runs a command as a user of the SDK would and returns its output. Of our variables the environment has only the
// server's address.
func run(tb testing.TB, baseURL, dir string, command ...string) string {
	tb.Helper()
	c := exec.CommandContext(context.Background(), command[0], command[1:]...)
	c.Dir = dir
	ours := func(variable string) bool { return strings.HasPrefix(variable, "AGENTEXCHANGE_") }
	c.Env = append(slices.DeleteFunc(os.Environ(), ours), "AGENTEXCHANGE_BASE_URL="+baseURL)
	said, err := c.CombinedOutput()
	require.NoError(tb, err, string(said))
	return string(said)
}

// operations returns the id of every operation of the spec.
func operations() []string {
	var ids []string
	for _, item := range testkit.Spec().Paths.Map() {
		for _, operation := range item.Operations() {
			ids = append(ids, operation.OperationID)
		}
	}
	return ids
}

// watcher forwards requests to a server and records the operations they call.
type watcher struct {
	URL        string
	mu         sync.Mutex
	operations map[string]bool
}

func watch(tb testing.TB, server string) *watcher {
	tb.Helper()
	target, err := url.Parse(server)
	require.NoError(tb, err)
	router, err := legacy.NewRouter(testkit.Spec().T)
	require.NoError(tb, err)
	w := &watcher{operations: map[string]bool{}}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	front := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		if route, _, err := router.FindRoute(r); err == nil {
			w.mu.Lock()
			w.operations[route.Operation.OperationID] = true
			w.mu.Unlock()
		}
		forward.ServeHTTP(answer, r)
	}))
	tb.Cleanup(front.Close)
	w.URL = front.URL
	return w
}

// parse returns the documentation of the SDK's package.
func parse(tb testing.TB) *doc.Package {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join(sdk, "*.go"))
	require.NoError(tb, err)
	require.NotEmpty(tb, paths)
	files, set := make([]*ast.File, len(paths)), token.NewFileSet()
	for i, path := range paths {
		files[i], err = parser.ParseFile(set, path, nil, parser.ParseComments)
		require.NoError(tb, err)
	}
	pkg, err := doc.NewFromFiles(set, files, "github.com/agentexchange/agentexchange/gen/sdk/go")
	require.NoError(tb, err)
	return pkg
}

func find(types []*doc.Type, name string) *doc.Type {
	for _, named := range types {
		if named.Name == name {
			return named
		}
	}
	panic("the SDK has no type " + name)
}
