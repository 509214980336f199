"""Secrets of an installation, made once."""

from pathlib import Path

import pytest

from tests.deploy.compose.servers import make_secrets
from tests.deploy.programs import require_program


@pytest.fixture(scope="session")
async def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory as docker/make-secrets leaves it; nobody changes it."""
    require_program("openssl", "openssl")
    directory = tmp_path_factory.mktemp("secrets")
    outcome = await make_secrets(directory)
    assert outcome.status == 0, outcome.errors
    return directory
