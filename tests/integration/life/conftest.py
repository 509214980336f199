"""Processes of the service that end while somebody talks to them."""

import os
from pathlib import Path

import pytest

from app.core.signing_keys import generate_signing_key
from app.embedded.mongo import EmbeddedMongo


@pytest.fixture
def settings(mongo: EmbeddedMongo, tmp_path: Path) -> dict[str, str]:
    """Settings of an operator who has a MongoDB and a key."""
    generate_signing_key(tmp_path / "key.pem")
    return {
        "TASKFLEET_PROFILE": "local",
        "TASKFLEET_MONGO_URL": mongo.url,
        "TASKFLEET_MONGO_DATABASE": f"ending-{os.getpid()}",
        "TASKFLEET_JWT_PRIVATE_KEY_FILE": str(tmp_path / "key.pem"),
    }
