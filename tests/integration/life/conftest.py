"""Processes of the service that end while somebody talks to them."""

from pathlib import Path

import pytest

from app.embedded.mongo import EmbeddedMongo
from tests.integration.local_stack.local_process import settings_of_operator


@pytest.fixture
def settings(mongo: EmbeddedMongo, tmp_path: Path) -> dict[str, str]:
    """Settings of an operator who has a MongoDB and a key."""
    return settings_of_operator(mongo.url, "ending", tmp_path)
