package auth

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
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

	keysMaxAge = time.Minute // for how long a replica believes its copy of the signing keys
	missEvery  = time.Second // the shortest time between two queries for an unknown key id: anybody can make one up

	maxVerified = 10_000 // tokens that are remembered, some 150 bytes each
)

// Tokens signs and verifies the JWTs of accounts, with keys that all replicas share through the database.
type Tokens struct {
	conn     db.DBTX
	vault    *Vault
	now      func() time.Time
	verified *lru.Cache[[sha256.Size]byte, verified]

	mu       sync.Mutex
	keys     []signingKey // the one that signs first
	loadedAt time.Time
}

// verified is a token whose signature has been checked: that took most of the time of a read.
type verified struct {
	accountID, keyID     uuid.UUID
	notBefore, expiresAt time.Time
}

type signingKey struct {
	id        uuid.UUID
	public    ed25519.PublicKey
	sealed    []byte // the private half; only signing needs to open it
	expiresAt *time.Time
}

// PublicKey is a key that verifies tokens; X is the raw Ed25519 key in base64url, as a JWK has it.
type PublicKey struct {
	ID string
	X  string
}

// NewTokens makes the signer and verifier of tokens.
func NewTokens(conn db.DBTX, vault *Vault, now func() time.Time) *Tokens {
	remembered, err := lru.New[[sha256.Size]byte, verified](maxVerified)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return &Tokens{conn: conn, vault: vault, now: now, verified: remembered}
}

// Sign makes a token for an account, with the key that the caller has just read to be the one in force.
func (t *Tokens) Sign(ctx context.Context, accountID, keyID uuid.UUID) (Secret, time.Time, error) {
	key, err := t.signer(ctx, keyID)
	if err != nil {
		return "", time.Time{}, err
	}
	seed, err := t.vault.Open(key.id, PurposeSigningKey, key.sealed)
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
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.EdDSA, ed25519.NewKeyFromSeed(seed), jws.WithProtectedHeaders(headers)))
	return Secret(signed), expiresAt, err
}

// Verify answers the account that a token was made for. It fails with fault.TokenExpired for a token that was good
// once, and with fault.InvalidToken for everything else that is wrong with it.
func (t *Tokens) Verify(ctx context.Context, token string) (uuid.UUID, error) {
	digest := sha256.Sum256([]byte(token))
	if v, ok := t.verified.Get(digest); ok && !t.now().Before(v.notBefore) && t.now().Before(v.expiresAt) {
		if _, found, err := t.verifier(ctx, v.keyID); found || err != nil {
			return v.accountID, err
		}
	}
	v, err := t.verify(ctx, token)
	if err == nil {
		t.verified.Add(digest, v)
	}
	return v.accountID, err
}

func (t *Tokens) verify(ctx context.Context, token string) (verified, error) {
	if !isCompact(token) {
		return verified{}, fault.New(fault.InvalidToken)
	}
	keys := &keyFinder{tokens: t}
	parsed, err := jwt.ParseString(token, jwt.WithKeyProvider(keys), jwt.WithValidate(true), jwt.WithContext(ctx),
		jwt.WithClock(jwt.ClockFunc(t.now)), jwt.WithAcceptableSkew(leeway),
		jwt.WithIssuer(issuer), jwt.WithAudience(audience),
		jwt.WithRequiredClaim(jwt.ExpirationKey), jwt.WithRequiredClaim(jwt.NotBeforeKey),
		jwt.WithRequiredClaim(jwt.IssuedAtKey), jwt.WithRequiredClaim(jwt.JwtIDKey))
	switch {
	case keys.failure != nil: // not the token's fault
		return verified{}, keys.failure
	case errors.Is(err, jwt.ErrTokenExpired()):
		return verified{}, fault.New(fault.TokenExpired)
	case err != nil:
		return verified{}, fault.New(fault.InvalidToken).Because(err)
	}
	accountID, err := uuid.Parse(parsed.Subject())
	if err != nil {
		return verified{}, fault.New(fault.InvalidToken).Because(err)
	}
	return verified{accountID, keys.id, parsed.NotBefore(), parsed.Expiration()}, nil
}

// isCompact reports whether a token is written the one way in which ours are: three parts in strict base64url. jwx
// would take other serializations and spellings of the same token as well.
func isCompact(token string) bool {
	if len(token) > maxToken {
		return false
	}
	parts := strings.Split(token, ".")
	for _, part := range parts {
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return false
		}
	}
	return len(parts) == 3
}

// keyFinder answers the key that a token's header names, while the token is parsed.
type keyFinder struct {
	tokens  *Tokens
	id      uuid.UUID
	failure error
}

// FetchKeys implements jws.KeyProvider. It offers the key for our algorithm and no other, whatever the header asks for.
func (f *keyFinder) FetchKeys(ctx context.Context, sink jws.KeySink, signature *jws.Signature, _ *jws.Message) error {
	id, err := uuid.Parse(signature.ProtectedHeaders().KeyID())
	if err != nil {
		return err
	}
	f.id = id
	key, found, err := f.tokens.verifier(ctx, id)
	if err != nil {
		f.failure = err
		return err
	}
	if found {
		sink.Key(jwa.EdDSA, key.public)
	}
	return nil
}

// PublicKeys answers the keys that verify tokens, the one that signs now first.
func (t *Tokens) PublicKeys(ctx context.Context) ([]PublicKey, error) {
	keys, err := t.current(ctx, missEvery)
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

// signer finds the key in force, of which the copy may not know yet.
func (t *Tokens) signer(ctx context.Context, id uuid.UUID) (signingKey, error) {
	for _, maxAge := range []time.Duration{keysMaxAge, 0} {
		keys, err := t.current(ctx, maxAge)
		if err != nil {
			return signingKey{}, err
		}
		if key, ok := t.find(keys, id); ok {
			return key, nil
		}
	}
	return signingKey{}, fmt.Errorf("the signing key %s is not in the database", id)
}

// verifier finds the key that a token names. Where the copy does not have it the database is asked again, but for all
// such tokens together only once a second: they wait for their turn.
func (t *Tokens) verifier(ctx context.Context, id uuid.UUID) (_ signingKey, found bool, _ error) {
	asked := t.now()
	keys, err := t.current(ctx, keysMaxAge)
	for {
		if err != nil {
			return signingKey{}, false, err
		}
		if key, ok := t.find(keys, id); ok {
			return key, true, nil
		}
		wait, known := t.untilMiss(asked)
		if known {
			return signingKey{}, false, nil
		}
		select {
		case <-ctx.Done():
			return signingKey{}, false, ctx.Err()
		case <-time.After(wait):
		}
		keys, err = t.current(ctx, missEvery)
	}
}

// untilMiss answers how long to wait before the database may be asked for a key that the copy does not have, or that it
// has been asked since.
func (t *Tokens) untilMiss(since time.Time) (wait time.Duration, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(t.loadedAt.Add(missEvery).Sub(t.now()), 0), t.loadedAt.After(since)
}

func (t *Tokens) find(keys []signingKey, id uuid.UUID) (signingKey, bool) {
	i := slices.IndexFunc(keys, func(key signingKey) bool { return key.id == id })
	if i < 0 || keys[i].expiresAt != nil && !keys[i].expiresAt.After(t.now()) {
		return signingKey{}, false
	}
	return keys[i], true
}

// current answers the keys from a copy younger than maxAge.
func (t *Tokens) current(ctx context.Context, maxAge time.Duration) ([]signingKey, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// The copy is as old as the question, not as the answer: a key that was added in between is not in it.
	if asked := t.now(); t.keys == nil || asked.Sub(t.loadedAt) >= maxAge {
		keys, err := t.load(ctx)
		if err != nil {
			return nil, err
		}
		t.keys, t.loadedAt = keys, asked
	}
	return t.keys, nil
}

func (t *Tokens) load(ctx context.Context) ([]signingKey, error) {
	rows, err := db.New().SigningKeyList(ctx, t.conn, t.now())
	if err != nil {
		return nil, fmt.Errorf("reading the signing keys: %w", err)
	}
	keys := make([]signingKey, 0, len(rows))
	for _, row := range rows {
		keys = append(keys, signingKey{id: row.ID, public: row.PublicKey, sealed: row.SealedPrivateKey, expiresAt: row.ExpiresAt})
	}
	return keys, nil
}
