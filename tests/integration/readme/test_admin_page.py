"""docs/admin.md works as it is written, from top to bottom, against a service that was started as the page says."""

import re
import shutil
from pathlib import Path

import pytest

from app.cli import admin
from tests.integration.local_stack.local_process import LocalProcess, clean_environment
from tests.integration.readme.test_tour import TOOLS
from tests.integration.readme.tour import README, read_blocks, run_steps, without_what_differs

PAGE = README.parent / "docs" / "admin.md"
STEPS = list(read_blocks(PAGE.read_text(encoding="utf-8")))


class TestThePageForAdministrators:
    @pytest.mark.skipif(any(shutil.which(tool) is None for tool in TOOLS), reason=f"needs {', '.join(TOOLS)}")
    def test_prints_what_it_says(self, tmp_path: Path) -> None:
        with LocalProcess(tmp_path / ".data") as local:
            address = local.wait_until_ready()

            really = run_steps(STEPS, address, tmp_path, **clean_environment())

            local.stop()
        assert [without_what_differs(step.output) for step in really] == [
            without_what_differs(step.output) for step in STEPS
        ]

    def test_shows_every_command_and_every_route(self) -> None:
        commands = "".join(step.commands for step in STEPS)

        assert set(re.findall(r"taskfleet admin (\w+)", commands)) == {
            command.name for command in admin.registered_commands
        }
        for route in (
            "/admin/users?q=",
            '/admin/users" ',
            "/admin/users/$BOB",
            "/logout-all",
            "/stats",
            "/audit?action=",
        ):
            assert route in commands
        assert all(step.output for step in STEPS)
