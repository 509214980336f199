"""Mails: how they are written, handed over, and no longer wanted."""
