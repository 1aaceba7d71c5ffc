package auth

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func newVault(source KeySource) *Vault { return NewVault(rand.Reader, time.Now, source) }

func givenKey(t require.TestingT) (GivenKeys, MasterKey) {
	key, err := NewMasterKey(rand.Reader)
	require.NoError(t, err)
	given, err := NewGivenKeys(key.Base64(), "")
	require.NoError(t, err)
	return given, key
}

func TestSealedValuesOpenOnlyForTheirOwnerAndPurpose(t *testing.T) {
	t.Parallel()
	source, key := givenKey(t)
	vault := newVault(source)
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SliceOf(rapid.Byte()).Draw(t, "value")
		owner := uuid.New()
		sealer, err := vault.sealer(key)
		require.NoError(t, err)
		sealed, err := sealer.Seal(owner, PurposeAgentKey, value)
		require.NoError(t, err)
		opened, err := vault.Open(owner, PurposeAgentKey, sealed)
		require.NoError(t, err)
		require.Equal(t, string(value), string(opened))

		_, err = vault.Open(uuid.New(), PurposeAgentKey, sealed)
		require.Error(t, err)
		_, err = vault.Open(owner, PurposeSigningKey, sealed)
		require.Error(t, err)
		changed := append([]byte{}, sealed...)
		changed[rapid.IntRange(0, len(changed)-1).Draw(t, "position")] ^= 1
		_, err = vault.Open(owner, PurposeAgentKey, changed)
		require.Error(t, err)
		_, err = vault.Open(owner, PurposeAgentKey, sealed[:rapid.IntRange(0, len(sealed)-1).Draw(t, "length")])
		require.Error(t, err)
	})
}

func TestSameValueIsNeverSealedTheSame(t *testing.T) {
	t.Parallel()
	source, key := givenKey(t)
	sealer, err := newVault(source).sealer(key)
	require.NoError(t, err)
	first, err := sealer.Seal(uuid.Nil, PurposeAgentKey, []byte("x"))
	require.NoError(t, err)
	second, err := sealer.Seal(uuid.Nil, PurposeAgentKey, []byte("x"))
	require.NoError(t, err)
	require.NotEqual(t, first, second)
}

func TestMasterKeysAreReadStrictly(t *testing.T) {
	t.Parallel()
	_, key := givenKey(t)
	for _, good := range []string{key.Base64(), key.Base64() + "\n", key.Base64()[:43]} {
		read, err := ParseMasterKey(good)
		require.NoError(t, err)
		require.Equal(t, key, read)
	}
	for _, bad := range []string{"", "x", key.Base64()[:42], key.Base64() + "AAAA", "not base64 at all, is it?"} {
		_, err := ParseMasterKey(bad)
		require.ErrorContains(t, err, "openssl rand -base64 32")
	}
	require.NotContains(t, key.String(), key.Base64())
}

// A server whose key file is rotated by another process finds the new key when it meets a value sealed under it.
func TestVaultFindsARotatedKey(t *testing.T) {
	t.Parallel()
	file := KeyFile{Path: filepath.Join(t.TempDir(), "master.key")}
	first, err := file.First()
	require.NoError(t, err)
	server := newVault(file)
	firstSealer, err := server.sealer(first)
	require.NoError(t, err)
	old, err := firstSealer.Seal(uuid.Nil, PurposeAgentKey, []byte("old"))
	require.NoError(t, err)

	next, err := file.Next()
	require.NoError(t, err)
	nextSealer, err := newVault(file).sealer(next)
	require.NoError(t, err)
	sealed, err := nextSealer.Seal(uuid.Nil, PurposeAgentKey, []byte("new"))
	require.NoError(t, err)

	opened, err := server.Open(uuid.Nil, PurposeAgentKey, sealed)
	require.NoError(t, err)
	require.Equal(t, "new", string(opened))
	_, err = server.Open(uuid.Nil, PurposeAgentKey, old)
	require.NoError(t, err, "until the rotation is done, both keys open")
}

func TestOnlyTheOwnerMayReadKeyFiles(t *testing.T) {
	t.Parallel()
	file := KeyFile{Path: filepath.Join(t.TempDir(), "master.key")}
	_, err := file.Keys()
	require.ErrorContains(t, err, "put back the one that was backed up")
	key, err := file.First()
	require.NoError(t, err)
	again, err := file.First()
	require.NoError(t, err)
	require.Equal(t, key, again)
	next, err := file.Next()
	require.NoError(t, err)
	keys, err := file.Keys()
	require.NoError(t, err)
	require.Equal(t, []MasterKey{key, next}, keys)
	require.NoError(t, file.Promote())
	keys, err = file.Keys()
	require.NoError(t, err)
	require.Equal(t, []MasterKey{next}, keys)
	info, err := os.Stat(file.Path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	entries, err := os.ReadDir(filepath.Dir(file.Path))
	require.NoError(t, err)
	require.Len(t, entries, 1)
	other := newVault(KeyFile{Path: filepath.Join(t.TempDir(), "master.key")})
	_, err = other.aead(next.id())
	require.Error(t, err)
	require.NoError(t, os.WriteFile(file.Path, []byte("damaged"), 0o600))
	_, err = file.Keys()
	require.ErrorContains(t, err, file.Path)
}
