package auth

// RotateOn rotates the master key without the lock that excludes a second rotation.
var RotateOn = rotateMasterKey

// ShortPages makes rotations take several pages with little data.
func ShortPages() { resealPage = 2 }

// KeyIDOf returns the id of the master key that a value is sealed under.
func KeyIDOf(sealed []byte) [8]byte { return keyID(sealed[1:9]) }
