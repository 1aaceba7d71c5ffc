"""What the client needs to know of the API."""

VERSION = "0.1.0"
API_KEY_HEADER = "X-API-Key"
