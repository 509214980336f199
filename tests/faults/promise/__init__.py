"""The hammer: readers and writers on two processes, and what must not be seen while the cache server suffers."""
