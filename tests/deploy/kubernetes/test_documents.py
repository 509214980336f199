"""What docs/kubernetes.md and k8s/README.md name is there."""

import re
from collections.abc import Mapping

import pytest

from tests.architecture.documents import ROOT, read_document, table_rows
from tests.deploy.kubernetes.hand_made import hand_made_secrets, secret_commands
from tests.deploy.kubernetes.reference_rules import secrets_of
from tests.deploy.kubernetes.rendering import INSTALLATIONS, installation, name_of, pods, render

GUIDE = read_document("docs/kubernetes.md")
# `kubectl apply -k DIRECTORY -l LABEL=VALUE`, or `-l 'LABEL!=VALUE'`
_APPLY = re.compile(r"kubectl (?:apply -k|kustomize) (\S+?)(?: -l '?([^\s']+?)'?)?[`,\n ]")
_FILE = re.compile(r"(?<![\w/])k8s/[\w./-]*\w")
_WORKLOAD = re.compile(r"\b(deployment|statefulset|job|service)/([\w.-]+\w)")


def objects(name: str) -> set[str]:
    """Return kind and name of every object of an installation, as `kubectl` writes them."""
    return {name_of(one).lower().replace(" ", "/") for one in installation(name)}


def is_selected(labels: Mapping[str, str], selector: str) -> bool:
    """Whether `kubectl` takes an object with these labels by `LABEL=VALUE` or `LABEL!=VALUE`."""
    label, _, value = selector.partition("=")
    return (labels.get(label.removesuffix("!")) == value) is not label.endswith("!")


class TestTheGuide:
    def test_names_files_that_exist(self) -> None:
        assert [path for path in _FILE.findall(GUIDE) if not (ROOT / path).exists()] == []

    def test_applies_directories_that_have_what_is_selected(self) -> None:
        commands = _APPLY.findall(GUIDE)

        assert len(commands) > 8
        for directory, selected in commands:
            labels = [one["metadata"].get("labels", {}) for one in render(directory.removeprefix("k8s/"))]
            taken = {is_selected(each, selected) for each in labels} if selected else {True, False}
            # A label that nothing has would take nothing, or leave nothing out.
            assert taken == {True, False}, (directory, selected)

    def test_waits_for_what_there_is(self) -> None:
        everything = set().union(*(objects(name) for name in INSTALLATIONS))

        found = {f"{kind}/{name}" for kind, name in _WORKLOAD.findall(GUIDE)}
        assert found - everything == set()

    def test_lists_every_installation(self) -> None:
        rows = {row[0].strip("`").removeprefix("k8s/overlays/") for row in table_rows(GUIDE) if "overlays/" in row[0]}

        assert rows == set(INSTALLATIONS) == {path.name for path in (ROOT / "k8s" / "overlays").iterdir()}

    def test_makes_no_secret_that_nothing_reads(self) -> None:
        read = {name for each in INSTALLATIONS for pod in pods(installation(each)) for name, _ in secrets_of(pod)}

        # That of the certificate is read by the Ingress and the Gateway as well.
        assert hand_made_secrets().keys() == read
        assert all(" -n taskfleet " in command for command in secret_commands())


class TestTheOverview:
    @pytest.mark.parametrize("directory", sorted(path.name for path in (ROOT / "k8s").iterdir() if path.is_dir()))
    def test_names_every_directory(self, directory: str) -> None:
        assert f"`{directory}/`" in read_document("k8s/README.md")


class TestTheSearch:
    def test_finds_what_is_not_there(self) -> None:
        text = "see `k8s/nowhere.yaml`, `kubectl apply -k k8s/overlays/nowhere -l a=b`, then deployment/nowhere."

        assert _FILE.findall(text) == ["k8s/nowhere.yaml", "k8s/overlays/nowhere"]
        assert _APPLY.findall(text) == [("k8s/overlays/nowhere", "a=b")]
        assert _APPLY.findall("kubectl apply -k k8s/x -l 'a!=b'\n") == [("k8s/x", "a!=b")]
        assert _WORKLOAD.findall(text) == [("deployment", "nowhere")]

    @pytest.mark.parametrize(
        ("selector", "labels", "expected"),
        [
            ("a=b", {"a": "b"}, True),
            ("a=b", {}, False),
            ("a!=b", {"a": "b"}, False),
            ("a!=b", {"a": "c"}, True),
            ("a!=b", {}, True),
        ],
    )
    def test_selects_as_kubectl_does(self, selector: str, labels: dict[str, str], expected: bool) -> None:
        assert is_selected(labels, selector) is expected
