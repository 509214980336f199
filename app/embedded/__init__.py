"""The embedded servers: finding and running mongod and a Redis-compatible cache as children, never for production."""
