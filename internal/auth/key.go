// Package auth knows who is calling: the keys, secrets and tokens that callers show, and whom they stand for.
package auth

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// Kind is the prefix of a key, which says what it is for. Secret scanners recognise a leaked key by it.
type Kind string

// The kinds of key.
const (
	KindAPIKey    Kind = "ak_live_"
	KindAPISecret Kind = "sk_live_"
)

// ErrMalformedKey means that a text cannot be a key that MintKey made: it has the wrong kind, length or characters, or
// was mistyped.
var ErrMalformedKey = errors.New("malformed key")

const (
	alphabet       = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	bodyLength     = 32 // characters of base62, which carry 190.5 bits
	checksumLength = 6  // characters of base62, enough for 32 bits: 62^6 > 2^32
	keyLength      = len(KindAPIKey) + bodyLength + checksumLength
	previewLength  = 12 // characters: the prefix and 4 of the body
)

// MintKey makes a new key: the kind, a random body of 32 base62 characters (190 bits), and a checksum of 6. It fails
// only if random does, which in production is crypto/rand.Reader.
func MintKey(random io.Reader, kind Kind) (Secret, error) {
	body, err := randomBase62(random, bodyLength)
	if err != nil {
		return "", fmt.Errorf("mint key: %w", err)
	}
	unsummed := string(kind) + body
	return Secret(unsummed + checksum(unsummed)), nil
}

// ParseKey returns text as a key of the given kind, or ErrMalformedKey if no such key could have been minted. It looks
// nothing up, so that a mistyped key costs no query; that the key exists is for the caller to find out. The work is
// bounded whatever the length of text.
func ParseKey(text string, kind Kind) (Secret, error) {
	if len(text) != len(kind)+bodyLength+checksumLength || !strings.HasPrefix(text, string(kind)) {
		return "", ErrMalformedKey
	}
	unsummed, sum := text[:len(text)-checksumLength], text[len(text)-checksumLength:]
	if !isBase62(unsummed[len(kind):]) {
		return "", ErrMalformedKey
	}
	// Texts are compared rather than numbers, so that a sum has one spelling. The checksum is no secret: comparing it
	// need not take constant time.
	if sum != checksum(unsummed) {
		return "", ErrMalformedKey
	}
	return Secret(text), nil
}

// DigestKey returns the SHA-256 of a key, 32 bytes: what is stored of it and what it is looked up by. A plain hash is
// enough, for a key has too many bits to be guessed; a slow one would only slow down every request.
func DigestKey(key Secret) []byte {
	digest := sha256.Sum256([]byte(key))
	return digest[:]
}

// PreviewKey returns the first 12 characters of a key and "...", by which its owner tells it from others: the prefix
// and too little of the body to help in guessing the rest. Of a text that is too short to be a key it shows nothing.
func PreviewKey(key Secret) string {
	if len(key) < keyLength {
		return "..."
	}
	return string(key[:previewLength]) + "..."
}

// checksum returns the CRC-32 (IEEE) of text in base62, the most significant digit first, padded with zeros to 6
// characters.
//
// A CRC rather than part of a hash, because it does not merely probably notice the mistakes people make: a CRC-32
// changes with every error that lies within 32 consecutive bits, so it is certain that one wrong character or two
// swapped neighbours in text give another sum. And because 62^6 > 2^32, different sums have different spellings of the
// same length, so a wrong character in the sum is noticed as surely. It proves nothing about where a key comes from:
// anyone can compute it.
func checksum(text string) string {
	sum := crc32.ChecksumIEEE([]byte(text))
	var digits [checksumLength]byte
	for i := checksumLength - 1; i >= 0; i-- {
		digits[i] = alphabet[sum%uint32(len(alphabet))]
		sum /= uint32(len(alphabet))
	}
	return string(digits[:])
}

// randomBase62 returns length characters, each of the 62 equally likely. Of a random byte only the 248 = 4·62 lowest
// values are used; were the other 8 folded in as well, the first 8 characters of the alphabet would come up more often.
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
