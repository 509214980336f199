"""Where the API is, and what is never a page of the browser app."""

API_PREFIX = "/api/v1"

# First parts of paths that belong to the API, its documentation and its operation, whatever comes after them.
API_ROOTS = ("api", "docs", "openapi.json", "livez", "readyz", "metrics", ".well-known", "problems")

# First parts of paths that belong to the API with something behind them; by themselves they are pages of the app.
API_BRANCHES = ("calendar",)

# What orchestrators and Prometheus ask all the time; nobody wants to read the course of such a request.
OPERATIONS_PATHS = frozenset({"/livez", "/readyz", "/metrics"})
