package agents

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// NewAccount describes an account to be registered, and its first agent.
type NewAccount struct {
	DisplayName     string
	Email           *string
	StartingBalance decimal.Decimal
	Limits          book.Limits // of the agent
}

// Registered is a new account with its credentials, and its first agent.
type Registered struct {
	AccountID         uuid.UUID
	APIKey, APISecret auth.Secret
	Agent             Created
}

// Register makes an account and its default agent, or neither. It fails with DuplicateAccount.
func (a *Agents) Register(ctx context.Context, tx pgx.Tx, n NewAccount) (Registered, error) {
	apiKey, err := auth.MintKey(a.Random, auth.KindAPIKey)
	if err != nil {
		return Registered{}, err
	}
	apiSecret, err := auth.MintKey(a.Random, auth.KindAPISecret)
	if err != nil {
		return Registered{}, err
	}
	r := Registered{AccountID: newID(), APIKey: apiKey, APISecret: apiSecret}
	agentID := newID()
	err = db.New().AccountInsert(ctx, tx, db.AccountInsertParams{
		ID: r.AccountID, DisplayName: n.DisplayName, Email: n.Email, EmailFolded: folded(n.Email),
		APIKeyDigest: auth.DigestKey(apiKey), APISecretDigest: auth.DigestKey(apiSecret),
		StartingBalance: n.StartingBalance, DefaultAgentID: agentID, CreatedAt: a.Now(),
	})
	if postgres.ViolatesUnique(err, "accounts_email_folded_key") {
		err = fault.New(fault.DuplicateAccount).Because(err)
	}
	if err != nil {
		return Registered{}, err
	}
	r.Agent, err = a.insert(ctx, tx, r.AccountID, agentID, New{
		DisplayName: withSuffix(n.DisplayName, "'s Agent", a.MaxName), StartingBalance: n.StartingBalance, Limits: n.Limits,
	})
	return r, err
}

func folded(email *string) *string {
	if email == nil {
		return nil
	}
	lower := strings.ToLower(*email)
	return &lower
}

// LogIn finds the account of a key and its secret, and which key signs tokens now. Whichever half is wrong, the answer and
// the work before it are the same: a malformed half is refused without a look-up, any other after one. It fails with
// InvalidAPIKey.
func (a *Agents) LogIn(ctx context.Context, apiKey, apiSecret string) (accountID, signingKeyID uuid.UUID, err error) {
	key, keyErr := auth.ParseKey(apiKey, auth.KindAPIKey)
	secret, secretErr := auth.ParseKey(apiSecret, auth.KindAPISecret)
	if err := errors.Join(keyErr, secretErr); err != nil {
		return uuid.Nil, uuid.Nil, fault.New(fault.InvalidAPIKey).Because(err)
	}
	account, err := db.New().AccountGetCredentials(ctx, a.Pool, auth.DigestKey(key))
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, uuid.Nil, err
	}
	// For an unknown key this compares with nothing, which is never equal.
	if subtle.ConstantTimeCompare(auth.DigestKey(secret), account.APISecretDigest) != 1 {
		return uuid.Nil, uuid.Nil, fault.New(fault.InvalidAPIKey)
	}
	return account.ID, account.SigningKeyID, nil
}
