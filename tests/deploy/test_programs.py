"""A check that cannot run must not look like one that passed where it counts."""

import pytest

from tests.deploy.programs import require_file, require_node_check, require_program


class TestAProgramThatIsMissing:
    def test_skips_the_test_on_a_laptop(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CI", raising=False)
        with pytest.raises(pytest.skip.Exception, match="apt-get install no-such-package"):
            require_program("no-such-program", "no-such-package")

    def test_fails_the_test_in_ci(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CI", "true")
        with pytest.raises(pytest.fail.Exception, match="no-such-program is not installed"):
            require_program("no-such-program", "no-such-package")


class TestAProgramThatIsThere:
    def test_is_found(self) -> None:
        assert require_program("sh", "dash").endswith("/sh")


class TestAFileThatIsMissing:
    def test_skips_the_test_on_a_laptop_and_fails_it_in_ci(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CI", raising=False)
        with pytest.raises(pytest.skip.Exception, match="apt-get install no-such-package"):
            require_file("/no/such/file", "no-such-package")

        monkeypatch.setenv("CI", "true")
        with pytest.raises(pytest.fail.Exception, match="/no/such/file is missing"):
            require_file("/no/such/file", "no-such-package")


class TestAPackageOfNodeThatIsMissing:
    def test_fails_the_test_in_ci(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CI", "true")
        with pytest.raises(pytest.fail.Exception, match="is not installed"):
            require_node_check("no-such-package")
