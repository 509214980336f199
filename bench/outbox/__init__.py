"""The benchmark of the outbox: how late reminders are, and what workers take while very many wait."""
