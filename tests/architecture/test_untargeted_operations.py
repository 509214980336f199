"""The list of operations that go to every shard is short, reasoned and true."""

import re
from collections.abc import Mapping
from pathlib import Path

from app.bootstrap import COLLECTIONS
from app.data.collections import UNTARGETED_OPERATIONS, UntargetedOperation
from tests.architecture.documents import ROOT

READING = frozenset({"aggregate", "count", "distinct", "find"})
# A reason says more than a name does.
SHORTEST_REASON = 20

_COMMENT = re.compile(r"""comment=["']([^"']+)["']""")


def faults_of(operations: Mapping[str, UntargetedOperation], comments: frozenset[str]) -> list[str]:
    """Say what is wrong with a list, of which the code uses these comments."""
    sharded = {spec.name for spec in COLLECTIONS if spec.shard_key is not None}
    faults = [f"{comment} is used but not listed" for comment in comments - operations.keys()]
    for comment, operation in operations.items():
        if comment not in comments:
            faults.append(f"{comment} is listed but not used")
        if operation.command not in READING:
            faults.append(f"{comment} writes without a shard key")
        if operation.collection not in sharded:
            faults.append(f"{comment} concerns {operation.collection}, which is not sharded")
        if len(operation.reason) < SHORTEST_REASON:
            faults.append(f"{comment} has no reason")
    return faults


def comments_in(directory: Path) -> frozenset[str]:
    """Return the comments that code gives to commands."""
    return frozenset(
        comment for path in directory.rglob("*.py") for comment in _COMMENT.findall(path.read_text(encoding="utf-8"))
    )


class TestTheUntargetedOperations:
    def test_are_listed_as_they_are_used_and_only_read(self) -> None:
        assert faults_of(UNTARGETED_OPERATIONS, comments_in(ROOT / "app")) == []


class TestAListThatIsWrong:
    def test_is_found(self) -> None:
        reason = "rare, index-served and bounded"
        operations = {
            "look": UntargetedOperation("find", "tasks", reason),
            "forgotten": UntargetedOperation("find", "tasks", reason),
            "claim": UntargetedOperation("findAndModify", "tasks", reason),
            "elsewhere": UntargetedOperation("find", "leases", reason),
            "because": UntargetedOperation("find", "tasks", "because"),
        }

        assert faults_of(operations, frozenset({"look", "claim", "elsewhere", "because", "secret"})) == [
            "secret is used but not listed",
            "forgotten is listed but not used",
            "claim writes without a shard key",
            "elsewhere concerns leases, which is not sharded",
            "because has no reason",
        ]

    def test_is_compared_with_comments_that_are_found_in_code(self, tmp_path: Path) -> None:
        (tmp_path / "code.py").write_text("find({}, comment='one'); find({}, comment=\"two\")", encoding="utf-8")

        assert comments_in(tmp_path) == {"one", "two"}
