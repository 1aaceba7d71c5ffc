package auth_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const (
	base62    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	keyShape  = `^(ak|sk)_live_[0-9A-Za-z]{38}$`
	keyLength = 46

	// knownKey pins the format: keys once handed out must stay valid.
	knownKey = "ak_live_" + "00000000000000000000000000000000" + "4YzvZp"
)

// foreignBodies are keys with a correct checksum over a body that is not base62.
var foreignBodies = []string{
	"ak_live__00000000000000000000000000000004LYfAk",
	"ak_live_0000000000000000000000000000000-2p6bkO",
	"ak_live_\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x001BYDlU",
	"ak_live_ 00000000000000000000000000000004BKFJw",
	"ak_live_000000000000000000000000000000\xc3\xa91SFs7b",
}

var kinds = []auth.Kind{auth.KindAPIKey, auth.KindAPISecret}

func TestMintedKeysParseAndNeverRepeat(t *testing.T) {
	t.Parallel()
	seen := make(map[auth.Secret]bool)
	for i := range 10_000 {
		kind := kinds[i%len(kinds)]
		key, err := auth.MintKey(rand.Reader, kind)
		require.NoError(t, err)
		require.False(t, seen[key], "the same key twice")
		seen[key] = true

		text := key.Reveal()
		require.Len(t, text, keyLength)
		require.Regexp(t, keyShape, text)
		require.True(t, strings.HasPrefix(text, string(kind)))
		parsed, err := auth.ParseKey(text, kind)
		require.NoError(t, err)
		require.Equal(t, text, parsed.Reveal())
	}
}

func TestKeyFormatStaysTheSame(t *testing.T) {
	t.Parallel()
	key, err := auth.MintKey(zeros{}, auth.KindAPIKey)
	require.NoError(t, err)
	require.Equal(t, knownKey, key.Reveal())
}

func TestAKeyOfOneKindIsNotOneOfTheOther(t *testing.T) {
	t.Parallel()
	for i, kind := range kinds {
		key, err := auth.MintKey(rand.Reader, kind)
		require.NoError(t, err)
		other := kinds[1-i]
		requireMalformed(t, key.Reveal(), other)
		requireMalformed(t, string(other)+strings.TrimPrefix(key.Reveal(), string(kind)), other)
	}
}

func TestEverySubstitutionOfOneCharacterIsDetected(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key, kind := drawKey(t)
		for at := range len(key) {
			wrong := rapid.OneOf(rapid.SampledFrom([]byte(base62+"_- \x00")), rapid.Byte()).
				Filter(func(b byte) bool { return b != key[at] }).Draw(t, "wrong")
			requireMalformed(t, key[:at]+string([]byte{wrong})+key[at+1:], kind)
		}
	})
}

func TestEverySwapOfNeighboursIsDetected(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key, kind := drawKey(t)
		for at := range len(key) - 1 {
			if key[at] != key[at+1] {
				swapped := key[:at] + string([]byte{key[at+1], key[at]}) + key[at+2:]
				requireMalformed(t, swapped, kind)
			}
		}
	})
}

func TestOtherLengthsAndSurroundingsAreRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key, kind := drawKey(t)
		extra := rapid.OneOf(rapid.SampledFrom([]string{" ", "\n", "\x00", "0"}), rapid.StringN(1, 5, -1)).Draw(t, "extra")
		at := rapid.IntRange(0, len(key)).Draw(t, "at")
		requireMalformed(t, key[:at]+extra+key[at:], kind)
		requireMalformed(t, key[:rapid.IntRange(0, len(key)-1).Draw(t, "cut")], kind)
	})
	for _, text := range []string{"", "ak_live_", "AK_LIVE_" + knownKey[8:], strings.Repeat("a", 1<<20), "ak_live_" + strings.Repeat("é", 19)} {
		requireMalformed(t, text, auth.KindAPIKey)
	}
}

func TestACharacterOutsideBase62IsRefusedEvenUnderItsOwnChecksum(t *testing.T) {
	t.Parallel()
	for _, key := range foreignBodies {
		requireMalformed(t, key, auth.KindAPIKey)
	}
}

func TestMintingSkipsBytesThatWouldFavourSomeCharacters(t *testing.T) {
	t.Parallel()
	rejected := []byte{0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8}
	key, err := auth.MintKey(io.MultiReader(bytes.NewReader(rejected), zeros{}), auth.KindAPIKey)
	require.NoError(t, err)
	require.Equal(t, knownKey, key.Reveal(), "a byte of 248 or more became a character")
}

func TestMintingUsesEveryCharacterEquallyOften(t *testing.T) {
	t.Parallel()
	// Every byte once, 62 times over, is 62·248 usable bytes: 62·4 of each character.
	var every [256]byte
	for i := range every {
		every[i] = byte(i)
	}
	source := bytes.NewReader(bytes.Repeat(every[:], 62))
	count := make(map[rune]int)
	for range 62 * 248 / 32 {
		key, err := auth.MintKey(source, auth.KindAPIKey)
		require.NoError(t, err)
		for _, character := range key.Reveal()[8:40] {
			count[character]++
		}
	}
	for _, character := range base62 {
		// The last half key's worth of bytes is left over.
		require.InDelta(t, 62*4, count[character], 1, "%c", character)
	}
}

func TestMintingFailsWhenRandomnessRunsShort(t *testing.T) {
	t.Parallel()
	for enough := range 32 {
		key, err := auth.MintKey(io.LimitReader(zeros{}, int64(enough)), auth.KindAPIKey)
		require.Error(t, err)
		require.Empty(t, key)
	}
	_, err := auth.MintKey(bytes.NewReader(make([]byte, 31)), auth.KindAPIKey)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	_, err = auth.MintKey(iotest.ErrReader(io.ErrClosedPipe), auth.KindAPIKey)
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

func TestDigestIsSHA256OfTheWholeKey(t *testing.T) {
	t.Parallel()
	want := sha256.Sum256([]byte(knownKey))
	require.Equal(t, want[:], auth.DigestKey(knownKey))
	require.Len(t, auth.DigestKey(""), 32)
}

func TestPreviewShowsTwelveCharactersOfAKeyAndNothingOfAnythingShorter(t *testing.T) {
	t.Parallel()
	require.Equal(t, "ak_live_0000...", auth.PreviewKey(knownKey))
	require.Equal(t, "...", auth.PreviewKey(auth.Secret(knownKey[:keyLength-1])))
	require.Equal(t, "...", auth.PreviewKey(""))
}

func FuzzParseKey(f *testing.F) {
	for _, text := range append(foreignBodies, "", "ak_live_", knownKey, knownKey+"0", knownKey[1:], strings.Repeat("0", keyLength)) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range kinds {
			key, err := auth.ParseKey(text, kind)
			if err != nil {
				require.ErrorIs(t, err, auth.ErrMalformedKey)
				require.Empty(t, key)
				continue
			}
			require.Equal(t, text, key.Reveal())
			require.Regexp(t, keyShape, text)
			// Minting the same body again must give the same key.
			again, err := auth.MintKey(bytes.NewReader(randomnessOf(text[8:40])), kind)
			require.NoError(t, err)
			require.Equal(t, text, again.Reveal())
		}
	})
}

// drawKey mints a key from random bytes that rapid controls.
func drawKey(t *rapid.T) (string, auth.Kind) {
	kind := rapid.SampledFrom(kinds).Draw(t, "kind")
	body := rapid.StringMatching(`[0-9A-Za-z]{32}`).Draw(t, "body")
	key, err := auth.MintKey(bytes.NewReader(randomnessOf(body)), kind)
	require.NoError(t, err)
	require.Equal(t, body, key.Reveal()[8:40])
	return key.Reveal(), kind
}

// randomnessOf returns the random bytes from which MintKey makes a key with this body.
func randomnessOf(body string) []byte {
	random := make([]byte, len(body))
	for i := range len(body) {
		random[i] = byte(strings.IndexByte(base62, body[i]))
	}
	return random
}

func requireMalformed(t require.TestingT, text string, kind auth.Kind) {
	key, err := auth.ParseKey(text, kind)
	require.ErrorIs(t, err, auth.ErrMalformedKey, "%.80q", text)
	require.Empty(t, key)
}

// zeros is a reader of endless zeros.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
