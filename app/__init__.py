"""Taskfleet: a task service that starts on a laptop and scales out unchanged."""

__version__ = "0.1.0"
