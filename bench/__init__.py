"""The benchmark: Taskfleet, a bare ASGI app and an Express service side by side, each on one core (`make bench`)."""
