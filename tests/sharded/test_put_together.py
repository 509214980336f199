"""The cluster is put together by servers that are slow to come up, and left alone by a second run.

mongosh is no program that tests have; Node.js runs the script with what it uses of mongosh.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.deploy.programs import require_program

SCRIPT = Path(__file__).parent / "put_together.js"

# Servers that refuse, as mongosh hands it on: an exception with the name of the code.
MONGOSH = """
const asked = [];
const refusals = JSON.parse(process.argv[2]);
globalThis.Mongo = class {
  constructor(url) { this.host = new URL(url).hostname; }
  getDB() { return this; }
  runCommand(command) {
    asked.push([this.host, command]);
    const [name] = Object.keys(command);
    const codeName = (refusals[name] ?? []).shift();
    if (codeName) throw Object.assign(new Error(`${name} is refused`), { codeName });
    return { ok: 1 };
  }
};
globalThis.sleep = () => {};
globalThis.print = () => process.stdout.write(JSON.stringify(asked));
"""


def put_together(tmp_path: Path, refusals: dict[str, list[str | None]]) -> subprocess.CompletedProcess[str]:
    """Run the script on servers that refuse commands one after another with these codes, `None` meaning none."""
    program = tmp_path / "run.js"
    program.write_text(MONGOSH + SCRIPT.read_text("utf-8"), encoding="utf-8")
    return subprocess.run(
        [require_program("node", "nodejs"), program, json.dumps(refusals)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def asked(finished: subprocess.CompletedProcess[str]) -> list[tuple[str, dict[str, Any]]]:
    assert finished.returncode == 0, finished.stderr
    return [(host, command) for host, command in json.loads(finished.stdout)]


class TestTheFirstRun:
    def test_makes_three_sets_and_two_shards(self, tmp_path: Path) -> None:
        commands = asked(put_together(tmp_path, {}))

        sets = [(host, command["replSetInitiate"]) for host, command in commands if "replSetInitiate" in command]
        assert [(host, each["_id"], each["configsvr"]) for host, each in sets] == [
            ("config", "config", True),
            ("shard-0", "shard-0", False),
            ("shard-1", "shard-1", False),
        ]
        shards = [(host, command["addShard"]) for host, command in commands if "addShard" in command]
        assert shards == [("mongos", "shard-0/shard-0:27018"), ("mongos", "shard-1/shard-1:27018")]

    def test_asks_again_until_a_shard_has_a_primary(self, tmp_path: Path) -> None:
        commands = asked(put_together(tmp_path, {"addShard": ["FailedToSatisfyReadPreference", None, None]}))

        assert [command["name"] for _, command in commands if "addShard" in command] == [
            *("shard-0", "shard-0", "shard-1"),
        ]


class TestASecondRun:
    def test_finds_everything_done(self, tmp_path: Path) -> None:
        done: dict[str, list[str | None]] = {"replSetInitiate": ["AlreadyInitialized"] * 3}

        assert len(asked(put_together(tmp_path, done))) == 5


class TestASetThatCannotBe:
    def test_is_an_error(self, tmp_path: Path) -> None:
        finished = put_together(tmp_path, {"replSetInitiate": ["InvalidReplicaSetConfig"]})

        assert finished.returncode != 0
        assert "replSetInitiate is refused" in finished.stderr
