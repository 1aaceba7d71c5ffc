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
	leeway   = 30 * time.Second // how far apart the clocks of replicas may be
	maxToken = 4096             // bytes; ours have about 400

	keysMaxAge = time.Minute // how long a replica trusts its copy of the signing keys
	missEvery  = time.Second // the shortest time between two queries for unknown key ids, which anyone can make up

	maxVerified = 10_000 // verified tokens that are cached, about 150 bytes each
)

// Tokens signs and verifies the JWTs of accounts. All replicas share the keys through the database.
type Tokens struct {
	conn     db.DBTX
	vault    *Vault
	now      func() time.Time
	verified *lru.Cache[[sha256.Size]byte, verified]

	mu       sync.Mutex
	keys     []signingKey // the one that signs is first
	loadedAt time.Time
}

// verified is a token whose signature has been checked. Without this cache the check took most of the time of a read.
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

// PublicKey is a key that verifies tokens. X is the raw Ed25519 key in base64url, as in a JWK.
type PublicKey struct {
	ID string
	X  string
}

// NewTokens returns Tokens that read their keys over conn.
func NewTokens(conn db.DBTX, vault *Vault, now func() time.Time) *Tokens {
	remembered, err := lru.New[[sha256.Size]byte, verified](maxVerified)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return &Tokens{conn: conn, vault: vault, now: now, verified: remembered}
}

// Sign returns a token for an account and when it expires. keyID is the signing key in force, which the caller has just
// read.
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

// Verify returns the account that a token was issued to. It fails with fault.TokenExpired for a token that was valid
// once, and with fault.InvalidToken for any other defect.
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

// isCompact reports whether a token has the one form in which Sign writes them: three parts in strict base64url. jwx
// would accept other serializations and spellings of the same token.
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

// keyFinder finds the key that a token's header names while jwx parses the token.
type keyFinder struct {
	tokens  *Tokens
	id      uuid.UUID
	failure error
}

// FetchKeys implements jws.KeyProvider. It offers the key for our algorithm only, whatever the header asks for.
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

// PublicKeys returns the keys that verify tokens. The first is the one that signs.
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

// signer returns the key with this id, which the copy may not contain yet.
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

// verifier returns the key that a token names. If the copy lacks it, it queries the database again, but at most once a
// second for all such tokens together: they wait for that query.
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

// untilMiss returns how long to wait until the database may be queried for a missing key. known is true if it was
// queried after since.
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

// current returns the keys, from a copy younger than maxAge.
func (t *Tokens) current(ctx context.Context, maxAge time.Duration) ([]signingKey, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// The copy's age counts from before the query: it may lack a key that was added while the query ran.
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
