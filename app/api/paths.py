"""Where the API is."""

API_PREFIX = "/api/v1"
