"""The commands of the runbooks, for Kubernetes and for compose: they are complete, and name what is there."""

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.documents import ROOT, read_document
from tests.deploy.monitoring.files import RUNBOOKS

_PAGES = sorted(RUNBOOKS.glob("*.md"))
_BLOCKS = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
# What a command says that it is about, in blocks and in the text.
_DEPLOYMENT = re.compile(r"deployment/([a-z][a-z-]*)")
_COMPONENT = re.compile(r"app\.kubernetes\.io/component=([a-z-]+)")
_SERVICES = (
    re.compile(r"docker compose (?:logs --since \w+|images)((?: [a-z]+(?:-\d)?)+)"),
    re.compile(r"docker compose (?:exec(?: -T)?|restart|kill|ps --all --quiet)( [a-z]+(?:-\d)?)"),
)
_EVENTS = re.compile(r"grep -E '([a-z_|]+)'")
_VARIABLE = re.compile(r"`((?:TASKFLEET|GATEWAY)_[A-Z_]+)")


def text_of(page: Path) -> str:
    """A page with its line breaks where a command goes on as blanks."""
    return page.read_text(encoding="utf-8").replace("\n  ", " ")


def commands_in(page: Path) -> list[str]:
    """Return the lines of the blocks for a shell."""
    return [line for block in _BLOCKS.findall(page.read_text("utf-8")) for line in block.splitlines()]


def manifests(kind: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a kind that `k8s/` has."""
    for file in sorted((ROOT / "k8s").rglob("*.yaml")):
        for manifest in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            if isinstance(manifest, dict) and manifest.get("kind") == kind:
                yield manifest


def run_shell(script: str, directory: Path) -> str:
    """Run a script with the programs of a directory ahead of all others; return what it writes."""
    environment = {"PATH": f"{directory}:{os.defpath}"}
    return subprocess.run(
        ["/bin/bash", "-euc", script], env=environment, capture_output=True, text=True, check=True, timeout=20
    ).stdout


def put_program(directory: Path, name: str, script: str) -> None:
    """Write an executable script."""
    program = directory / name
    program.write_text(f"#!/bin/bash\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
class TestTheCommandsOfARunbook:
    def test_are_for_kubernetes_and_for_compose(self, page: Path) -> None:
        commands = "\n".join(commands_in(page))

        assert ("kubectl " in commands) == ("docker compose " in commands)

    def test_can_be_read_by_a_shell(self, page: Path) -> None:
        script = "\n".join(commands_in(page))
        checked = subprocess.run(
            ["/bin/bash", "-n"], input=script, capture_output=True, text=True, check=False, timeout=20
        )

        assert checked.returncode == 0, checked.stderr

    def test_read_the_logs_of_every_pod_to_their_end(self, page: Path) -> None:
        # Of a Deployment kubectl takes one pod, and of those chosen by labels the last ten lines of five.
        for command in commands_in(page):
            if command.startswith("kubectl logs") and "--previous" not in command:
                assert "-l app.kubernetes.io/component=" in command
                assert {"--tail=-1", "--max-log-requests=50"} <= set(command.split())

    def test_name_deployments_labels_and_services_that_exist(self, page: Path) -> None:
        text, deployments = text_of(page), [*manifests("Deployment")]
        components = {one["metadata"].get("labels", {}).get("app.kubernetes.io/component") for one in deployments}
        services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
        named = {name for pattern in _SERVICES for names in pattern.findall(text) for name in names.split()}

        assert set(_DEPLOYMENT.findall(text)) <= {one["metadata"]["name"] for one in deployments}
        assert set(_COMPONENT.findall(text)) <= components
        assert named <= services.keys()

    def test_look_for_events_that_are_logged(self, page: Path) -> None:
        source = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "app").rglob("*.py"))
        events = {event for group in _EVENTS.findall(text_of(page)) for event in group.split("|")}

        assert [event for event in sorted(events) if f'"{event}"' not in source] == []

    def test_name_settings_that_exist(self, page: Path) -> None:
        known = read_document("docs/settings.md") + read_document("docs/operations.md")

        assert [name for name in _VARIABLE.findall(text_of(page)) if f"`{name}`" not in known] == []


class TestTheQuestionToAProcess:
    def test_is_answered_also_when_it_is_not_ready(self) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(503)
                self.end_headers()
                self.wfile.write(b'{"detail":"No MongoDB primary answers."}')

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
                """Say nothing."""

        commands = commands_in(RUNBOOKS / "not-ready.md")
        (ask,) = [command for command in commands if command.startswith("ask=")]
        with HTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            script = ask.replace("8000", str(server.server_port))
            answer = run_shell(f'{script}\npython3 -c "$ask"', Path("/usr/local/bin"))
            thread.join()

        assert answer == '{"detail":"No MongoDB primary answers."}\n'
        assert len([command for command in commands if command.endswith('python3 -c "$ask"')]) == 2


class TestTheQuestionToMongodb:
    @pytest.mark.parametrize(("shape", "program"), [("docker compose exec", "docker"), ("kubectl exec", "kubectl")])
    def test_comes_in_by_the_key_of_the_set(self, shape: str, program: str, tmp_path: Path) -> None:
        """What would reach the container is run here, with the key's file and mongosh in stand-ins."""
        (function,) = [line for line in commands_in(RUNBOOKS / "README.md") if shape in line]
        (keyfile,) = re.findall(r"</run/[\w/-]+/keyfile", function)
        (tmp_path / "keyfile").write_text("abc/+\ndef=\n", encoding="utf-8")
        # All ahead of the command that the container runs.
        put_program(tmp_path, program, 'while [ "$1" != sh ]; do shift; done\nexec "$@"')
        put_program(tmp_path, "mongosh", 'printf "%s\\n" "$@"')
        expression = """rs.status().members.map(m => [m.name, m["stateStr"]])"""

        script = function.replace(keyfile, f"<{tmp_path / 'keyfile'}")
        arguments = run_shell(f"{script}\non_mongodb '{expression}'", tmp_path).splitlines()

        assert arguments[arguments.index("--username") + 1] == "__system"
        assert arguments[arguments.index("--password") + 1] == "abc/+def="
        assert arguments[arguments.index("--authenticationDatabase") + 1] == "local"
        assert arguments[arguments.index("--eval") + 1] == expression

    def test_finds_the_key_where_the_servers_have_it(self) -> None:
        functions = "\n".join(commands_in(RUNBOOKS / "README.md"))
        compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]["mongo"]
        members = [one for one in manifests("StatefulSet") if one["metadata"]["name"] == "set"]
        (container,) = members[0]["spec"]["template"]["spec"]["containers"]

        for command in (compose["command"], container["args"]):
            (path,) = [one.removeprefix("--keyFile=") for one in command if one.startswith("--keyFile=")]
            assert f"<{path})" in functions
        assert f"-c {container['name']} " in functions
