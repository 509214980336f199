"""The settings by which commands find a running local installation."""

import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.embedded.data_directory import claim_data_directory
from app.embedded.errors import DataDirectoryError
from app.embedded.running import publish_settings, read_settings

URL = "mongodb://me:p'a\\ss#${HOME} word@127.0.0.1:1/?replicaSet=taskfleet"


class TestARunningInstallation:
    def test_is_found_with_its_settings_as_they_are(self, tmp_path: Path) -> None:
        wanted = {"TASKFLEET_MONGO_URL": URL, "TASKFLEET_REDIS_URL": ""}
        with claim_data_directory(tmp_path), publish_settings(tmp_path, wanted):
            assert read_settings(tmp_path) == wanted

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(value=st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), max_size=60))
    def test_is_found_whatever_characters_are_in_them(self, tmp_path: Path, value: str) -> None:
        with claim_data_directory(tmp_path), publish_settings(tmp_path, {"TASKFLEET_MONGO_URL": value}):
            assert read_settings(tmp_path) == {"TASKFLEET_MONGO_URL": value}

    def test_tells_its_owner_alone(self, tmp_path: Path) -> None:
        with publish_settings(tmp_path, {}):
            (file,) = tmp_path.iterdir()
            assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_leaves_nothing_behind(self, tmp_path: Path) -> None:
        with publish_settings(tmp_path, {}):
            pass
        assert list(tmp_path.iterdir()) == []


class TestAnInstallationThatIsNotReady:
    def test_is_not_found_before_it_has_published_its_settings(self, tmp_path: Path) -> None:
        with claim_data_directory(tmp_path), pytest.raises(DataDirectoryError, match="start it first"):
            read_settings(tmp_path)

    def test_is_not_found_once_it_is_dead(self, tmp_path: Path) -> None:
        with claim_data_directory(tmp_path):
            pass
        with publish_settings(tmp_path, {}), pytest.raises(DataDirectoryError, match="start it first"):
            read_settings(tmp_path)


class TestADirectoryThatCannotBeWritten:
    def test_is_told_in_one_line(self, tmp_path: Path) -> None:
        with pytest.raises(DataDirectoryError, match="cannot write"), publish_settings(tmp_path / "gone", {}):
            pass
