"""What is in the images: what the service needs, and nothing that helps somebody who got in."""

import re
import socket

import pytest

from app import __version__
from tests.architecture.documents import ROOT
from tests.deploy.image.bases import run
from tests.deploy.image.images import Entry, Image, Images
from tests.deploy.programs import require_program

# The bound that the project set itself.
MOST_BYTES = 250_000_000
# PEP 552: the flags in bytes 4 to 8 of bytecode; 1 alone is "valid by its hash, which is not looked at".
UNCHECKED_HASH = (1).to_bytes(4, "little")

TOOLS = re.compile(
    r"(.*/)?(pip\d*|ensurepip|setuptools|wheel|gcc|cc|c\+\+|g\+\+|clang|make|ld|as|npm|node|git)(-[\d.]+)?"
)


def writable(entries: list[Entry], account: int) -> list[str]:
    """Return what an account may write, by mode or because it is its own."""
    return [
        entry.path
        for entry in entries
        if entry.is_plain and (entry.mode & 0o002 or entry.owner == account) and entry.path.strip("/") != "tmp"
    ]


def privileged(entries: list[Entry]) -> list[str]:
    """Return what gives its rights to whoever runs it."""
    return [entry.path for entry in entries if entry.is_plain and entry.mode & 0o6000]


def tools(entries: list[Entry]) -> list[str]:
    """Return what installs packages or makes programs, but no data of either."""
    return [entry.path for entry in entries if TOOLS.fullmatch(entry.path) and "/share/" not in entry.path]


class TestTheImageOfTheService:
    def test_has_nothing_that_it_may_write_but_temporary_files(self, runtime: Image) -> None:
        assert writable(runtime.entries, 10001) == []

    def test_has_no_program_with_the_rights_of_others(self, runtime: Image) -> None:
        assert privileged(runtime.entries) == []

    def test_has_neither_installers_nor_compilers_in_any_layer(self, runtime: Image) -> None:
        assert tools(runtime.entries) == []

    def test_is_the_same_when_it_is_built_again(self, images: Images) -> None:
        again = images.build_again()
        assert [layer.name for layer in again.layers] == [layer.name for layer in images.runtime.layers]

    def test_is_small(self, images: Images, capsys: pytest.CaptureFixture[str]) -> None:
        total, base = images.runtime.size, images.base_size
        with capsys.disabled():
            print(f"\n  taskfleet: {total / 1e6:.0f} MB, on a base of {base / 1e6:.0f} MB before it is trimmed")  # noqa: T201
        assert total < MOST_BYTES

    def test_starts_by_bytecode_that_no_copy_makes_invalid(self, runtime: Image) -> None:
        [package] = list(runtime.root.glob("srv/taskfleet/venv/lib/python3*/site-packages/fastapi"))
        for directory, module in ((runtime.root / "srv/taskfleet/app", "main"), (package, "applications")):
            [compiled] = (directory / "__pycache__").glob(f"{module}.*.pyc")
            assert compiled.read_bytes()[4:8] == UNCHECKED_HASH

    def test_has_no_tests_and_no_sources_of_the_browser_app(self, runtime: Image) -> None:
        ours = [entry.path for entry in runtime.entries if entry.path.startswith("srv/taskfleet/")]
        assert "srv/taskfleet/web/index.html" in ours
        assert not [path for path in ours if re.search(r"/tests?/|/node_modules/|\.tsx?$|/docker/", path)]

    def test_tells_what_it_is(self, runtime: Image) -> None:
        labels = runtime.configuration["Labels"]
        revision = run(require_program("git", "git"), "-C", ROOT, "rev-parse", "HEAD").strip()
        assert labels["org.opencontainers.image.version"] == __version__
        assert labels["org.opencontainers.image.revision"] == revision
        assert labels["org.opencontainers.image.licenses"] == "MIT"
        assert labels["org.opencontainers.image.source"].startswith("https://")
        assert f"TASKFLEET_REVISION={revision}" in runtime.configuration["Env"]

    def test_is_run_as_orchestrators_expect(self, runtime: Image) -> None:
        configuration = runtime.configuration
        assert configuration["User"] == "10001:10001"
        assert configuration["WorkingDir"] == "/srv/taskfleet"
        assert configuration["Entrypoint"] == ["taskfleet"]
        assert configuration["Cmd"] == ["serve", "--host", "0.0.0.0", "--port", "8000"]  # noqa: S104
        assert configuration["StopSignal"] == "SIGTERM"


class TestTheImageOfTheGateway:
    def test_has_nothing_of_ours_that_it_may_write(self, gateway: Image) -> None:
        ours = [entry for entry in gateway.entries if entry.path.startswith("srv/taskfleet/")]
        assert [entry.path for entry in ours if entry.path.endswith("/nginx/start")]
        assert writable(ours, 101) == []

    def test_is_run_as_orchestrators_expect(self, gateway: Image) -> None:
        configuration = gateway.configuration
        assert configuration["User"] == "101:101"
        assert configuration["Entrypoint"] == ["/srv/taskfleet/nginx/start"]
        assert configuration["StopSignal"] == "SIGQUIT"

    def test_has_the_same_browser_app_as_the_service(self, gateway: Image, runtime: Image) -> None:
        assert gateway.read("srv/taskfleet/web/index.html") == runtime.read("srv/taskfleet/web/index.html")


class TestBothImages:
    def test_have_a_directory_for_temporary_files_that_is_everybody_s(self, images: Images) -> None:
        # An engine gives a new volume at /tmp what the image has there: owner and mode.
        for image in (images.runtime, images.gateway):
            [found] = {entry.mode & 0o7777 for entry in image.entries if entry.path.strip("/") == "tmp"}
            assert found == 0o1777

    @pytest.mark.parametrize("name", ["runtime", "gateway"])
    def test_know_nothing_of_the_machine_that_built_them(self, images: Images, name: str) -> None:
        image: Image = getattr(images, name)
        assert len(images.secrets) >= 4
        assert [secret for secret in images.secrets if image.layers_with(secret)] == []

    def test_have_neither_its_name_nor_its_name_servers(self, runtime: Image) -> None:
        for path in ("etc/hostname", "etc/hosts", "etc/resolv.conf"):
            content = runtime.read(path).decode() if (runtime.root / path).is_file() else ""
            assert socket.gethostname() not in content.split()
            assert "nameserver" not in content


class TestTheSearches:
    def test_find_what_must_not_be_there(self, runtime: Image) -> None:
        entries = [
            Entry("usr/bin/su", 0o4755, 0, 1, is_plain=True),
            Entry("var/lock", 0o1777, 0, 0, is_plain=True),
            Entry("srv/taskfleet/app", 0o755, 10001, 0, is_plain=True),
            Entry("usr/lib/python3/dist-packages/pip", 0o755, 0, 0, is_plain=True),
            Entry("usr/bin/gcc-12", 0o755, 0, 1, is_plain=True),
            Entry("tmp", 0o1777, 0, 0, is_plain=True),
        ]
        assert privileged(entries) == ["usr/bin/su"]
        assert writable(entries, 10001) == ["var/lock", "srv/taskfleet/app"]
        assert tools(entries) == ["usr/lib/python3/dist-packages/pip", "usr/bin/gcc-12"]
        assert runtime.layers_with("org.opencontainers.image.version") == ["configuration"]
        assert runtime.layers_with("What is imported later") == []
        assert len(runtime.layers_with("create_app_from_environment")) >= 1
