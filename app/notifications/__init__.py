"""Notifications: what happened reaches the user, by every channel that the user wants."""
