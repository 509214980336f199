"""The Postman collection runs green from top to bottom, against one process and against three services."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.gateway.running_gateway import RunningGateway
from tests.integration.local_stack.local_process import REPOSITORY, ApiUser, LocalProcess

COLLECTION = REPOSITORY / "docs" / "postman_collection.json"
NEWMAN = Path(__file__).parent / "node_modules" / ".bin" / "newman"

# The requests take a second; starting Node.js on a busy machine takes the most.
TIMEOUT_SECONDS = 120.0

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not NEWMAN.exists(), reason="needs Node.js, for which `make test` installs newman"
)


def read_collection() -> dict[str, Any]:
    collection: dict[str, Any] = json.loads(COLLECTION.read_text(encoding="utf-8"))
    return collection


def run_newman(
    collection: dict[str, Any], address: str, directory: Path, *options: str | Path, leaves_out: str = ""
) -> dict[str, Any]:
    """Run all folders but the one for people and another one, and return newman's report."""
    left_out = {"By hand", leaves_out}
    file, report = directory / "collection.json", directory / "report.json"
    file.write_text(json.dumps(collection), encoding="utf-8")
    folders = [
        option for item in collection["item"] if item["name"] not in left_out for option in ("--folder", item["name"])
    ]
    command = [NEWMAN, "run", file, "--env-var", f"base_url={address}", *folders, "--reporters", "json", *options]
    subprocess.run(
        [*command, "--reporter-json-export", report],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
    run: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))["run"]
    return run


def failures(run: dict[str, Any]) -> list[str]:
    return [f"{failure['source']['name']}: {failure['error']['message']}" for failure in run["failures"]]


SETTINGS = {
    "TASKFLEET_ADMIN_EMAILS": "ada@example.org,grace@example.org",
    "TASKFLEET_RATE_LIMIT_AUTH": "",
}


class TestTheCollection:
    def test_runs_green_against_a_local_stack(self, tmp_path: Path) -> None:
        collection = read_collection()
        with LocalProcess(tmp_path / "data", **SETTINGS) as local:
            address = local.wait_until_ready()
            ApiUser(address, "grace@example.org")  # the last administrator could not erase the account
            run = run_newman(collection, address, tmp_path)
            local.stop()

        assert failures(run) == []
        requests = [request for item in collection["item"] if item["name"] != "By hand" for request in item["item"]]
        assert run["stats"]["assertions"]["total"] >= len(requests) > 30

    def test_runs_green_against_three_services_behind_nginx(self, tmp_path: Path) -> None:
        """Each request but the probes, which are not for those who come through the gateway."""
        collection = read_collection()
        with RunningGateway(tmp_path, "--split", **SETTINGS) as gateway:
            gateway.sign_in("grace@example.org")
            trust = ("--ssl-extra-ca-certs", gateway.certificate)
            run = run_newman(collection, gateway.url, tmp_path, *trust, leaves_out="operations")
            gateway.stop()

        assert failures(run) == []
        left_out = {"By hand", "operations"}
        requests = [
            request for item in collection["item"] if item["name"] not in left_out for request in item["item"]
        ]
        assert run["stats"]["assertions"]["total"] >= len(requests) > 30

    def test_fails_where_an_answer_is_another_one(self, tmp_path: Path) -> None:
        collection = read_collection()
        collection["item"] = [item for item in collection["item"] if item["name"] == "operations"]
        collection["item"][0]["item"][0]["request"]["url"] = "{{base_url}}/api/v1/nothing"
        with LocalProcess(tmp_path / "data") as local:
            run = run_newman(collection, local.wait_until_ready(), tmp_path)
            local.stop()

        assert len(failures(run)) == 1
        assert "expected 404 to be one of [ 200 ]" in failures(run)[0]
