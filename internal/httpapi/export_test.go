package httpapi

import "github.com/getkin/kin-openapi/openapi3"

// CheckOperations is the check that New makes of the spec.
func CheckOperations(doc *openapi3.T) error {
	_, err := operationsOf(doc)
	return err
}

// What the tests outside of the package look into.
var (
	DecodeBody  = decodeBody
	WithSuffix  = withSuffix
	LockOfSlot  = func(s slot) int64 { return s.lockID() }
	SweepOnce   = (*Server).sweepOnce
	NewTestSlot = func(ownerID [16]byte, keyDigest [32]byte) slot { return slot{owner: ownerID, keyDigest: keyDigest} }
)
