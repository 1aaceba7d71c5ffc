package sim

import "math/bits"

// stream is an endless sequence of random numbers with random access: SplitMix64 (Steele, Lea and Flood, "Fast
// splittable pseudorandom number generators", 2014), whose n-th output is a hash of its seed and n.
type stream uint64

// at returns the n-th number of the stream, uniform over all 64 bits.
func (s stream) at(n uint64) uint64 {
	z := uint64(s) + (n+1)*0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// sub returns the n-th stream derived from this one.
func (s stream) sub(n uint64) stream { return stream(s.at(n)) }

// named returns the stream derived for a name, from its FNV-1a hash.
func (s stream) named(name string) stream {
	hash := uint64(0xCBF29CE484222325)
	for i := range len(name) {
		hash = (hash ^ uint64(name[i])) * 0x100000001B3
	}
	return s.sub(hash)
}

// below scales a random number to 0 … n−1.
func below(n, random uint64) uint64 {
	scaled, _ := bits.Mul64(n, random)
	return scaled
}
