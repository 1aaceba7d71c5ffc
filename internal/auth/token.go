package auth

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/google/uuid"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

const (
	// TokenLifetime is how long a token is valid.
	TokenLifetime = time.Hour

	issuer   = "agentexchange"
	audience = "agentexchange"
	leeway   = 30 * time.Second // between the clocks of replicas
	maxToken = 4096             // bytes; ours have about 400

	// keysMaxAge is how long a replica may believe its copy of the signing keys, keysMinAge how long it must, so that
	// tokens with made-up key ids do not become queries.
	keysMaxAge = time.Minute
	keysMinAge = time.Second
)

// Tokens signs and verifies the JWTs of accounts, with keys that all replicas share through the database.
type Tokens struct {
	conn  db.DBTX
	vault *Vault
	now   func() time.Time

	mu       sync.Mutex
	keys     []signingKey // the one that signs first
	loadedAt time.Time
}

type signingKey struct {
	id        uuid.UUID
	public    ed25519.PublicKey
	private   ed25519.PrivateKey
	expiresAt *time.Time
}

// PublicKey is a key that verifies tokens; X is the raw Ed25519 key in base64url, as a JWK has it.
type PublicKey struct {
	ID string
	X  string
}

// NewTokens makes the signer and verifier of tokens.
func NewTokens(conn db.DBTX, vault *Vault, now func() time.Time) *Tokens {
	return &Tokens{conn: conn, vault: vault, now: now}
}

// Sign makes a token for an account, with the key that the caller has just read to be the one in force.
func (t *Tokens) Sign(ctx context.Context, accountID, keyID uuid.UUID) (Secret, time.Time, error) {
	key, err := t.key(ctx, keyID)
	if err != nil {
		return "", time.Time{}, err
	}
	now := t.now().Truncate(time.Second)
	expiresAt := now.Add(TokenLifetime)
	id, err := uuid.NewRandom()
	if err != nil {
		return "", time.Time{}, err
	}
	token, err := jwt.NewBuilder().Issuer(issuer).Audience([]string{audience}).Subject(accountID.String()).
		IssuedAt(now).NotBefore(now).Expiration(expiresAt).JwtID(id.String()).Build()
	if err != nil {
		return "", time.Time{}, err
	}
	headers := jws.NewHeaders()
	if err := headers.Set(jws.KeyIDKey, key.id.String()); err != nil {
		return "", time.Time{}, err
	}
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.EdDSA, key.private, jws.WithProtectedHeaders(headers)))
	return Secret(signed), expiresAt, err
}

// Verify answers the account that a token was made for. It fails with fault.TokenExpired for a token that was good
// once, and with fault.InvalidToken for everything else that is wrong with it.
func (t *Tokens) Verify(ctx context.Context, token string) (uuid.UUID, error) {
	if len(token) > maxToken {
		return uuid.Nil, fault.New(fault.InvalidToken)
	}
	key, err := t.keyOf(ctx, token)
	if err != nil {
		return uuid.Nil, err
	}
	// WithKey accepts this algorithm and no other, whatever the token's header asks for.
	parsed, err := jwt.ParseString(token, jwt.WithKey(jwa.EdDSA, key.public), jwt.WithValidate(true),
		jwt.WithClock(jwt.ClockFunc(t.now)), jwt.WithAcceptableSkew(leeway),
		jwt.WithIssuer(issuer), jwt.WithAudience(audience),
		jwt.WithRequiredClaim(jwt.ExpirationKey), jwt.WithRequiredClaim(jwt.NotBeforeKey),
		jwt.WithRequiredClaim(jwt.IssuedAtKey), jwt.WithRequiredClaim(jwt.JwtIDKey))
	switch {
	case errors.Is(err, jwt.ErrTokenExpired()):
		return uuid.Nil, fault.New(fault.TokenExpired)
	case err != nil:
		return uuid.Nil, fault.New(fault.InvalidToken).Because(err)
	}
	accountID, err := uuid.Parse(parsed.Subject())
	if err != nil {
		return uuid.Nil, fault.New(fault.InvalidToken).Because(err)
	}
	return accountID, nil
}

// keyOf finds the key that a token's header names.
func (t *Tokens) keyOf(ctx context.Context, token string) (signingKey, error) {
	message, err := jws.ParseString(token)
	if err != nil || len(message.Signatures()) != 1 {
		return signingKey{}, fault.New(fault.InvalidToken).Because(err)
	}
	id, err := uuid.Parse(message.Signatures()[0].ProtectedHeaders().KeyID())
	if err != nil {
		return signingKey{}, fault.New(fault.InvalidToken).Because(errors.New("key id is not one of ours"))
	}
	return t.key(ctx, id)
}

// PublicKeys answers the keys that verify tokens, the one that signs now first.
func (t *Tokens) PublicKeys(ctx context.Context) ([]PublicKey, error) {
	keys, err := t.current(ctx, keysMinAge)
	if err != nil {
		return nil, err
	}
	public := make([]PublicKey, 0, len(keys))
	for _, key := range keys {
		if key.expiresAt == nil || key.expiresAt.After(t.now()) {
			public = append(public, PublicKey{ID: key.id.String(), X: base64.RawURLEncoding.EncodeToString(key.public)})
		}
	}
	return public, nil
}

// key finds a key by id, asking the database again where the copy does not have it.
func (t *Tokens) key(ctx context.Context, id uuid.UUID) (signingKey, error) {
	for _, maxAge := range []time.Duration{keysMaxAge, keysMinAge} {
		keys, err := t.current(ctx, maxAge)
		if err != nil {
			return signingKey{}, err
		}
		i := slices.IndexFunc(keys, func(k signingKey) bool { return k.id == id })
		if i >= 0 && (keys[i].expiresAt == nil || keys[i].expiresAt.After(t.now())) {
			return keys[i], nil
		}
	}
	return signingKey{}, fault.New(fault.InvalidToken).Because(fmt.Errorf("no signing key %s", id))
}

// current answers the keys from a copy no older than maxAge.
func (t *Tokens) current(ctx context.Context, maxAge time.Duration) ([]signingKey, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.keys != nil && t.now().Sub(t.loadedAt) < maxAge {
		return t.keys, nil
	}
	rows, err := db.New().SigningKeyList(ctx, t.conn, t.now())
	if err != nil {
		return nil, fmt.Errorf("reading the signing keys: %w", err)
	}
	keys := make([]signingKey, 0, len(rows))
	for _, row := range rows {
		seed, err := t.vault.Open(row.ID, PurposeSigningKey, row.SealedPrivateKey)
		if err != nil {
			return nil, err
		}
		keys = append(keys, signingKey{
			id: row.ID, public: row.PublicKey, private: ed25519.NewKeyFromSeed(seed), expiresAt: row.ExpiresAt,
		})
	}
	t.keys, t.loadedAt = keys, t.now()
	return keys, nil
}
