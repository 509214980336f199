"""The data directory: private, and used by one process at a time."""

import os
import stat
from pathlib import Path

import pytest

from app.embedded.data_directory import claim_data_directory, make_private_directory
from app.embedded.errors import DataDirectoryError


class TestADirectoryThatIsFree:
    def test_is_made_for_its_owner_alone(self, tmp_path: Path) -> None:
        directory = tmp_path / "new"
        with claim_data_directory(directory):
            assert stat.S_IMODE(directory.stat().st_mode) == 0o700

    def test_keeps_the_mode_that_somebody_gave_it(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o750)
        make_private_directory(tmp_path)
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750

    def test_tells_who_holds_it(self, tmp_path: Path) -> None:
        with claim_data_directory(tmp_path):
            assert (tmp_path / "taskfleet.lock").read_text(encoding="ascii") == f"{os.getpid()}\n"

    def test_can_be_claimed_again_after_it_was_let_go(self, tmp_path: Path) -> None:
        (tmp_path / "taskfleet.lock").write_text("4194304999\n", encoding="ascii")
        for _ in range(2):
            with claim_data_directory(tmp_path):
                assert (tmp_path / "taskfleet.lock").read_text(encoding="ascii") == f"{os.getpid()}\n"


class TestADirectoryThatIsHeld:
    def test_is_refused_with_the_process_and_the_directory(self, tmp_path: Path) -> None:
        with (
            claim_data_directory(tmp_path),
            pytest.raises(DataDirectoryError) as caught,
            claim_data_directory(tmp_path),
        ):
            pass
        assert str(caught.value) == (
            f"Taskfleet is already running on the data directory {tmp_path} (process {os.getpid()})"
        )


class TestADirectoryThatCannotBeUsed:
    def test_is_refused_when_a_file_is_in_its_place(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch()
        with pytest.raises(DataDirectoryError, match=r"^cannot make the directory .*: File exists$"):
            make_private_directory(file)

    def test_is_refused_when_the_lock_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "taskfleet.lock").mkdir()
        with (
            pytest.raises(DataDirectoryError, match=r"^cannot write .*/taskfleet\.lock: Is a directory$"),
            claim_data_directory(tmp_path),
        ):
            pass
