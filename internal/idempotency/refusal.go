package idempotency

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/agentexchange/agentexchange/internal/fault"
)

// storedRefusal is a refusal as it is kept.
type storedRefusal struct {
	Code    fault.Code      `json:"refused"`
	Status  int             `json:"status"`
	Details json.RawMessage `json:"details,omitempty"`
}

// isStored reports whether a refusal of this status is the answer to every repeat of its request, too. The others may
// turn out differently the next time, so a repeat is judged anew.
func isStored(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusNotFound || status == http.StatusConflict
}

// EncodeRefusal returns a refusal as it is stored, or nil if a repeat should be judged anew. Its details must be what is sent.
func EncodeRefusal(err error) ([]byte, error) {
	known, ok := errors.AsType[*fault.Error](err)
	if !ok || !isStored(known.Status()) {
		return nil, nil
	}
	stored := storedRefusal{Code: known.Code, Status: known.Status()}
	if known.Details != nil {
		var err error
		if stored.Details, err = json.Marshal(known.Details); err != nil {
			return nil, err
		}
	}
	return json.Marshal(stored)
}

// DecodeRefusal returns the refusal in a stored answer, or nil if the answer is not a refusal.
func DecodeRefusal(answer []byte) (refusal, err error) {
	var stored storedRefusal
	if err := json.Unmarshal(answer, &stored); err != nil || stored.Code == "" {
		return nil, err
	}
	known := fault.New(stored.Code).WithStatus(stored.Status)
	if stored.Details != nil {
		known = known.With(stored.Details)
	}
	return known, nil
}
