"""The tour in README.md works as it is written, against a service that was started as the page says."""

import shutil
from pathlib import Path

import pytest

from tests.integration.local_stack.local_process import LocalProcess
from tests.integration.readme.tour import ADDRESS, README, Step, read_steps, run_steps, without_what_differs

TOOLS = ("bash", "curl", "python3")


class TestTheTourInTheReadme:
    @pytest.mark.skipif(any(shutil.which(tool) is None for tool in TOOLS), reason=f"needs {', '.join(TOOLS)}")
    def test_prints_what_the_page_says(self, tmp_path: Path) -> None:
        steps = list(read_steps(README.read_text(encoding="utf-8")))
        with LocalProcess(tmp_path / "data") as local:
            address = local.wait_until_ready()

            really = run_steps(steps, address, tmp_path)

            local.stop()
        assert [without_what_differs(step.output) for step in really] == [
            without_what_differs(step.output) for step in steps
        ]

    def test_is_found_in_the_page(self) -> None:
        steps = list(read_steps(README.read_text(encoding="utf-8")))

        assert ADDRESS in steps[0].commands
        assert len([step for step in steps if step.output]) >= 5
        assert any("If-Match" in step.commands and "412" in step.output for step in steps)


class TestAStepThatPrintsSomethingElse:
    def test_is_noticed(self, tmp_path: Path) -> None:
        page = "## A two-minute tour\n\n```sh\necho one\nfalse\n```\n\n```text\ntwo\n```\n\n## Settings\n"

        steps = list(read_steps(page))

        assert steps == [Step("echo one\nfalse\n", "two\n")]
        assert run_steps(steps, ADDRESS, tmp_path) == [Step("echo one\nfalse\n", "one\n")]
