"""The images, built once."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.image.images import Image, Images, build_images

# The image's account.
SERVICE_ACCOUNT = 10001
GATEWAY_ACCOUNT = 101


@pytest.fixture(scope="session")
def images() -> Iterator[Images]:
    """Both images, on a base that is made here."""
    if not os.environ.get("IMAGE_TEST"):
        pytest.skip("builds two images, which takes minutes: `make image-test` does it")
    if os.geteuid() != 0:
        pytest.fail("images are built and entered here as root, in a container or a machine of your own")
    with tempfile.TemporaryDirectory(prefix="taskfleet-images-") as directory, build_images(Path(directory)) as built:
        yield built


@pytest.fixture(scope="session")
def runtime(images: Images) -> Image:
    """The image `taskfleet`."""
    return images.runtime


@pytest.fixture(scope="session")
def gateway(images: Images) -> Image:
    """The image `taskfleet-gateway`."""
    return images.gateway


@pytest.fixture
def share(tmp_path: Path) -> Path:
    """A directory that is /mnt in a container."""
    directory = tmp_path / "share"
    directory.mkdir()
    return directory
