"""docker-compose.yml is valid by the schema of the Compose Specification, whatever its variables are."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.documents import ROOT
from tests.deploy.compose.stack import SHARDED, SITE_EXAMPLE, load

CHECKER = ROOT / "tests" / "deploy" / "node"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(
    NODE is None or not (CHECKER / "node_modules" / "dclint").exists(),
    reason="needs Node.js, for which `make test` installs the schema",
)


def validate(document: dict[str, Any]) -> dict[str, Any]:
    """Return what the schema says of a document."""
    finished = subprocess.run(
        [NODE or "node", CHECKER / "compose.js"],
        input=json.dumps(document),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    verdict: dict[str, Any] = json.loads(finished.stdout)
    return verdict


class TestTheFile:
    @pytest.mark.parametrize("files", [(), (SHARDED,), (SITE_EXAMPLE, SHARDED)], ids=["plain", "sharded", "site"])
    def test_is_valid(self, files: tuple[Path, ...]) -> None:
        assert validate(load(*files)) == {"valid": True, "errors": []}


class TestTheSchema:
    def test_knows_a_key_that_there_is_not(self) -> None:
        document = load()
        document["services"]["mongo"]["healthcheck"]["start_intervall"] = "1s"
        assert validate(document) == {
            "valid": False,
            "errors": ["/services/mongo/healthcheck must NOT have additional properties"],
        }

    def test_knows_a_condition_that_there_is_not(self) -> None:
        document = load()
        document["services"]["gateway"]["depends_on"]["api-1"]["condition"] = "service_ready"
        verdict = validate(document)
        assert "must be equal to one of the allowed values" in " ".join(verdict["errors"])
