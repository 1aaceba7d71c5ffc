package spec

import (
	"errors"
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

// Credentials are what a caller of an operation has to send. Either one that is accepted is enough. An operation that
// accepts a key also accepts a token.
type Credentials struct {
	Key   bool // an API key, an agent's or the account's
	Token bool // a token of the account

	keyHeader string // where a key is sent
}

// Public reports whether the operation needs no credentials.
func (c Credentials) Public() bool { return !c.Key && !c.Token }

// TokenOnly reports whether the operation needs a token, and a key is not enough.
func (c Credentials) TokenOnly() bool { return c.Token && !c.Key }

// String says what to send, for people.
func (c Credentials) String() string {
	switch {
	case c.Public():
		return "public"
	case c.TokenOnly():
		return "Bearer token"
	}
	return c.keyHeader + " or Bearer token"
}

// credentialsOf interprets an operation's security. Nothing else does.
func credentialsOf(doc *openapi3.T, security *openapi3.SecurityRequirements) (Credentials, error) {
	var accepted Credentials
	if security == nil {
		return accepted, errors.New("it names no security; write security: [] for a public operation")
	}
	for _, alternative := range *security {
		if len(alternative) != 1 {
			return accepted, errors.New("an alternative of its security must be one scheme")
		}
		for name := range alternative {
			scheme := doc.Components.SecuritySchemes[name]
			switch {
			case scheme != nil && scheme.Value.Type == "http" && scheme.Value.Scheme == "bearer":
				accepted.Token = true
			case scheme != nil && scheme.Value.Type == "apiKey" && scheme.Value.In == openapi3.ParameterInHeader:
				accepted.Key, accepted.keyHeader = true, scheme.Value.Name
			default:
				return accepted, fmt.Errorf("its security, %s, is none that the server knows", name)
			}
		}
	}
	if accepted.Key && !accepted.Token {
		return accepted, errors.New("its security takes a key and no token, which is none that the server knows")
	}
	return accepted, nil
}
