"""The Redis-compatible cache server; never required."""
