"""Both images, built by docker/build-images of the real Dockerfile, and looked into."""

import json
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from app import __version__
from tests.architecture.documents import ROOT
from tests.deploy.image.bases import Store, make_bases, read_bases, run
from tests.deploy.image.packages import serve_wheels, write_npm_configuration


@dataclass(frozen=True)
class Entry:
    """A file or directory in a layer."""

    path: str
    mode: int
    owner: int
    size: int
    is_plain: bool


class Image:
    """One image: its configuration, its layers and its unpacked files."""

    def __init__(self, store: Store, name: str, directory: Path) -> None:
        self._store = store
        self._exported = directory / name
        self.reference = f"localhost/{name}:{__version__}"
        store.buildah("push", "--quiet", "--disable-compression", self.reference, f"dir:{self._exported}")
        manifest = json.loads((self._exported / "manifest.json").read_text())
        self.layers = [self._exported / layer["digest"].partition(":")[2] for layer in manifest["layers"]]
        self.description = (self._exported / manifest["config"]["digest"].partition(":")[2]).read_text()

    @property
    def configuration(self) -> dict[str, Any]:
        """What an engine is told of how to run it."""
        configuration: dict[str, Any] = json.loads(self.description)["config"]
        return configuration

    @property
    def size(self) -> int:
        """Bytes of all layers, as engines add them up."""
        return sum(layer.stat().st_size for layer in self.layers)

    @cached_property
    def entries(self) -> list[Entry]:
        """Everything in every layer."""
        return [
            Entry(
                member.name.removeprefix("./"),
                member.mode,
                member.uid,
                member.size,
                member.isfile() or member.isdir(),
            )
            for layer in self.layers
            for member in _members(layer)
        ]

    @cached_property
    def root(self) -> Path:
        """Where its files are."""
        return Path(self._store.buildah("mount", self._store.buildah("from", "--quiet", self.reference)))

    def read(self, path: str) -> bytes:
        """Return what is in a file."""
        return (self.root / path).read_bytes()

    def layers_with(self, text: str) -> list[str]:
        """Return the layers, and `configuration`, that hold a text anywhere."""
        found = [layer.name for layer in self.layers if text.encode() in layer.read_bytes()]
        return [*found, *(["configuration"] if text in self.description else [])]


def _members(layer: Path) -> list[tarfile.TarInfo]:
    with tarfile.open(layer) as archive:
        return archive.getmembers()


@dataclass(frozen=True)
class Images:
    """What was built, with what must not have got into it, and what builds the image `taskfleet` once more."""

    runtime: Image
    gateway: Image
    build_again: Callable[[], Image]
    base_size: int
    secrets: tuple[str, ...]


@contextmanager
def build_images(directory: Path) -> Iterator[Images]:
    """Keep both images for as long as the block runs."""
    store = Store(directory)
    python_version = make_bases(store, directory)
    npm_configuration = write_npm_configuration(directory)
    with serve_wheels(directory, python_version) as pip_configuration:
        environment = {
            **store.environment,
            "ENGINE": "buildah",
            "PIP_CONFIGURATION": str(pip_configuration),
            "NPM_CONFIGURATION": str(npm_configuration),
        }
        options = [
            f"--build-context={image}=container-image://localhost/base-{kind}" for kind, image in read_bases().items()
        ]
        build = ROOT / "docker" / "build-images"
        # buildah keeps no stage for the next build: the browser app is built once, and then taken as it is.
        run(build, *options, environment={**environment, "TARGETS": "web"})
        options.append(f"--build-context=web=container-image://localhost/taskfleet-web:{__version__}")
        run(build, *options, environment=environment)
        base = Path(directory / "python.tar").stat().st_size
        ours = str(directory), str(ROOT / "app" / "main.py")
        secrets = (*_lines(pip_configuration), *_lines(npm_configuration), *ours)
        runtime, gateway = (Image(store, name, directory) for name in ("taskfleet", "taskfleet-gateway"))

        def build_again() -> Image:
            run(build, *options, environment={**environment, "TARGETS": "runtime"})
            (directory / "again").mkdir()
            return Image(store, "taskfleet", directory / "again")

        yield Images(runtime, gateway, build_again, base, secrets)


def _lines(path: Path) -> list[str]:
    """The lines that tell something of this machine: its addresses and paths."""
    return [line for line in path.read_text().splitlines() if "/" in line]
