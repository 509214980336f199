"""What keeps the benchmark from running."""


class BenchError(Exception):
    """An expected failure; the message is one line for the person at the terminal."""
