"""Constants from the API's document."""

VERSION = "0.1.0"
API_KEY_HEADER = "X-API-Key"
