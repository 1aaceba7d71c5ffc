package auth

// RotateOn is a rotation of the master key, without what keeps a second one out.
var RotateOn = rotateMasterKey

// ShortPages makes tests go through more pages than one.
func ShortPages() { resealPage = 2 }

// KeyIDOf is the id of the master key that a value is sealed under.
func KeyIDOf(sealed []byte) [8]byte { return keyID(sealed[1:9]) }
