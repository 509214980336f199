"""Small chunks, so that a handful of tasks needs several changes."""

import pytest

from app.tasks.portability import chunks


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> int:
    """Makes imports write two records in each change; returns the number."""
    monkeypatch.setattr(chunks, "_MAX_RECORDS", 2)
    return 2
