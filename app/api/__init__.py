"""What every router shares: problems, strict input, security, preconditions, pages, idempotency, health."""
