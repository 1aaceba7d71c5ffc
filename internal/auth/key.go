// Package auth authenticates callers: API keys, secrets and tokens, the vault that encrypts them in the database, and
// the rotation of its keys.
package auth

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// Kind is the prefix of a key and says what the key is for. Secret scanners recognise leaked keys by it.
type Kind string

// The kinds of key.
const (
	KindAPIKey    Kind = "ak_live_"
	KindAPISecret Kind = "sk_live_"
)

// ErrMalformedKey means that MintKey cannot have made this text: it has the wrong kind, length, characters or checksum.
var ErrMalformedKey = errors.New("malformed key")

const (
	alphabet       = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	bodyLength     = 32 // characters of base62, which carry 190.5 bits
	checksumLength = 6  // characters of base62, enough for 32 bits: 62^6 > 2^32
	keyLength      = len(KindAPIKey) + bodyLength + checksumLength
	previewLength  = 12 // characters: the prefix and 4 of the body
)

// MintKey returns a new key: the kind, a random body of 32 base62 characters (190 bits), and a checksum of 6. It fails
// only if random does; in production that is crypto/rand.Reader.
func MintKey(random io.Reader, kind Kind) (Secret, error) {
	body, err := randomBase62(random, bodyLength)
	if err != nil {
		return "", fmt.Errorf("mint key: %w", err)
	}
	unsummed := string(kind) + body
	return Secret(unsummed + checksum(unsummed)), nil
}

// ParseKey returns text as a key of the given kind, or ErrMalformedKey if MintKey cannot have made it. It does not
// check whether the key exists, but a mistyped key costs no query. The work is bounded whatever the length of text.
func ParseKey(text string, kind Kind) (Secret, error) {
	if len(text) != len(kind)+bodyLength+checksumLength || !strings.HasPrefix(text, string(kind)) {
		return "", ErrMalformedKey
	}
	unsummed, sum := text[:len(text)-checksumLength], text[len(text)-checksumLength:]
	if !isBase62(unsummed[len(kind):]) {
		return "", ErrMalformedKey
	}
	// Compare texts, not numbers, so that each checksum has exactly one spelling. The checksum is not secret, so the
	// comparison need not take constant time.
	if sum != checksum(unsummed) {
		return "", ErrMalformedKey
	}
	return Secret(text), nil
}

// DigestKey returns the SHA-256 of a key, 32 bytes, by which keys are stored and looked up. A plain hash is enough
// because a key has too many bits to guess; a slow hash would only slow down every request.
func DigestKey(key Secret) []byte {
	digest := sha256.Sum256([]byte(key))
	return digest[:]
}

// PreviewKey returns the first 12 characters of a key and "...", so that its owner can tell it from others: the prefix
// and too little of the body to help in guessing the rest. For a text too short to be a key it returns only "...".
func PreviewKey(key Secret) string {
	if len(key) < keyLength {
		return "..."
	}
	return string(key[:previewLength]) + "..."
}

// checksum returns the CRC-32 (IEEE) of text in base62, the most significant digit first, padded with zeros to 6
// characters.
//
// It is a CRC and not part of a hash because a CRC-32 detects every error within 32 consecutive bits. One wrong
// character or two swapped neighbours are therefore detected with certainty, not just very likely. And because 62^6 >
// 2^32, each sum has its own spelling, so a wrong character in the checksum is detected too. The checksum proves
// nothing about a key's origin: anyone can compute it.
func checksum(text string) string {
	sum := crc32.ChecksumIEEE([]byte(text))
	var digits [checksumLength]byte
	for i := checksumLength - 1; i >= 0; i-- {
		digits[i] = alphabet[sum%uint32(len(alphabet))]
		sum /= uint32(len(alphabet))
	}
	return string(digits[:])
}

// randomBase62 returns length characters, each of the 62 equally likely. Of the values of a random byte it uses only
// the lowest 248 = 4·62; using the other 8 too would make the first 8 characters of the alphabet more likely.
func randomBase62(random io.Reader, length int) (string, error) {
	const fair = 256 - 256%len(alphabet)
	text := make([]byte, 0, length)
	buffer := make([]byte, length)
	for len(text) < length {
		missing := buffer[:length-len(text)]
		if _, err := io.ReadFull(random, missing); err != nil {
			return "", fmt.Errorf("read random bytes: %w", err)
		}
		for _, b := range missing {
			if int(b) < fair {
				text = append(text, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(text), nil
}

func isBase62(text string) bool {
	for i := range len(text) {
		if strings.IndexByte(alphabet, text[i]) < 0 {
			return false
		}
	}
	return true
}
