"""Web push: subscriptions of browsers, and messages to them that only the browser can read."""
