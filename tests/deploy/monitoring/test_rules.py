"""The rules are valid, name what exists, and do what their tests say; promtool is the judge."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from _pytest.mark import ParameterSet

from tests.architecture.documents import read_document
from tests.deploy.monitoring.dashboard_queries import queries
from tests.deploy.monitoring.files import (
    DIRECTORY,
    RULE_TESTS,
    RULES,
    Rule,
    alerts,
    promtool,
    recording_rules,
    rule_tests,
    rules,
)
from tests.deploy.monitoring.known_metrics import faults_of
from tests.deploy.monitoring.promql import names_in

PATHS = frozenset(json.loads(read_document("docs/openapi.json"))["paths"])

# What an expression compares with.
_THRESHOLD = re.compile(r"(?:>=|>|==) [\d.]+")


def alert_id(alert: Rule) -> tuple[str, str]:
    """What tells alerts apart: their name, and the window where several share one."""
    return alert["alert"], alert["labels"].get("window", "")


def expectations() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each alert that is asked for in the tests, with those of its name that are expected to fire."""
    for test in rule_tests()["tests"]:
        for case in test.get("alert_rule_test", ()):
            name = case["alertname"]
            yield name, [(name, fired["exp_labels"].get("window", "")) for fired in case["exp_alerts"]]


def alert_names(test: dict[str, Any]) -> set[str]:
    """Return the alerts that a test asks for."""
    return {case["alertname"] for case in test.get("alert_rule_test", ())}


def alternatives(pattern: str) -> Iterator[str]:
    """Yield what a pattern with `|` has to choose from, groups included, which are not nested."""
    group = re.search(r"\(([^)]*)\)", pattern)
    if group is None:
        yield from pattern.split("|")
        return
    before, _, begin = pattern[: group.start()].rpartition("|")
    end, _, after = pattern[group.end() :].partition("|")
    yield from (part for part in before.split("|") if part)
    yield from (begin + choice + end for choice in group[1].split("|"))
    yield from alternatives(after) if after else ()


def unknown_routes(expression: str, paths: Iterable[str]) -> list[str]:
    """Return what an expression says of the label `route` and fits no path."""
    named = (
        choice
        for selector in names_in(expression).selectors
        for label, operator, value in selector.matchers
        if label == "route"
        for choice in (alternatives(value) if "~" in operator else [re.escape(value)])
    )
    return [choice for choice in named if not any(re.fullmatch(choice, path) for path in paths)]


class TestTheConfigurationOfPrometheus:
    def test_is_valid(self) -> None:
        checked = promtool("check", "config", DIRECTORY / "prometheus.yml")

        assert checked.returncode == 0, checked.stderr
        assert "FAILED" not in checked.stdout

    def test_scrapes_the_metrics_of_every_process_by_jobs_that_the_rules_know(self) -> None:
        text = (DIRECTORY / "prometheus.yml").read_text(encoding="utf-8")

        assert re.findall(r"[\w-]+:9090", text) == ["api-1:9090", "api-2:9090", "worker:9090", "localhost:9090"]
        assert re.findall(r"job_name: (\S+)", text) == ["taskfleet-api", "taskfleet-worker", "prometheus"]


class TestTheRules:
    def test_are_valid(self) -> None:
        checked = promtool("check", "rules", "--lint=all", "--lint-fatal", RULES)

        assert checked.returncode == 0, checked.stdout + checked.stderr

    @pytest.mark.parametrize(
        "rule", [*recording_rules(), *alerts()], ids=lambda rule: rule.get("record", rule.get("alert"))
    )
    def test_name_only_what_exists(self, rule: Rule) -> None:
        assert faults_of(rule["expr"]) == []

    @pytest.mark.parametrize(
        ("title", "expression"),
        [*queries(), *((rule.get("record", rule.get("alert")), rule["expr"]) for rule in rules())],
    )
    def test_count_routes_that_exist(self, title: str, expression: str) -> None:
        assert unknown_routes(expression, PATHS) == []

    def test_would_be_caught_with_a_route_that_was_renamed(self) -> None:
        expression = 'up{route=~"/tasks/.+|/me/(export|import)", route!="/events"}'

        assert unknown_routes(expression, {"/tasks/{id}", "/me/import"}) == ["/me/export", "/events"]

    def test_record_each_series_once(self) -> None:
        names = [rule["record"] for rule in recording_rules()]

        assert len(names) == len(set(names))

    def test_record_nothing_that_is_not_tested(self) -> None:
        asked = "\n".join(case["expr"] for test in rule_tests()["tests"] for case in test.get("promql_expr_test", ()))

        assert [rule["record"] for rule in recording_rules() if rule["record"] not in asked] == []


class TestAnAlert:
    @pytest.mark.parametrize("alert", alerts(), ids=lambda alert: "-".join(filter(None, alert_id(alert))))
    def test_has_a_severity_a_time_and_texts_without_what_users_wrote(self, alert: Rule) -> None:
        assert alert["labels"]["severity"] in {"page", "ticket"}
        assert alert["for"]
        assert {"summary", "description", "runbook_url"} == set(alert["annotations"])
        labels = re.findall(r"\$labels\.(\w+)", " ".join(alert["annotations"].values()))
        assert set(labels) <= {"job", "instance", "call", "channel", "command", "limit"}

    def test_is_told_apart_from_the_others_by_name_and_window(self) -> None:
        assert len({alert_id(alert) for alert in alerts()}) == len(alerts())

    def test_fires_in_one_test_and_is_silent_in_another(self) -> None:
        fires: set[tuple[str, str]] = set()
        silent: set[tuple[str, str]] = set()
        for name, fired in expectations():
            fires.update(fired)
            silent.update({alert_id(alert) for alert in alerts() if alert["alert"] == name}.difference(fired))

        assert fires == silent == {alert_id(alert) for alert in alerts()}


def thresholds() -> Iterator[ParameterSet]:
    """Yield each comparison in an alert; of the burn alerts, whose tests take long, the long windows of one."""
    for index, alert in enumerate(rules()):
        for place, found in enumerate(_THRESHOLD.finditer(alert["expr"] if "alert" in alert else "")):
            if "window" not in alert["labels"] or (place == 0 and alert["alert"] == "TaskfleetAvailabilityBurn"):
                yield pytest.param(index, found.span(), id="-".join((*alert_id(alert), found[0])))


def series_behind(expressions: Iterable[str]) -> set[str]:
    """Return the recorded series that alerts are made of, by others or not, and where their runbooks are."""
    recorded = {rule["record"]: rule["expr"] for rule in recording_rules()}
    found, waiting = {"taskfleet:runbooks:info"}, [*expressions]
    while waiting:
        named = {selector.metric for selector in names_in(waiting.pop()).selectors}
        waiting += [recorded[metric] for metric in (named & recorded.keys()) - found]
        found |= named & recorded.keys()
    return found


def write_part(directory: Path, groups: list[dict[str, Any]], name: str) -> Path:
    """Write the alerts of a name with what they need, and the tests that ask for them; return where those are.

    All rules at every step of all tests would take several times as long.
    """
    series = series_behind(rule["expr"] for group in groups for rule in group["rules"] if rule.get("alert") == name)
    for group in groups:
        group["rules"] = [one for one in group["rules"] if one.get("alert") == name or one.get("record") in series]
    tests = [
        {key: part for key, part in test.items() if key != "promql_expr_test"}
        | {"alert_rule_test": [case for case in test["alert_rule_test"] if case["alertname"] == name]}
        for test in rule_tests()["tests"]
        if name in alert_names(test)
    ]
    (directory / RULES.name).write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")
    file = directory / RULE_TESTS.name
    file.write_text(yaml.safe_dump({**rule_tests(), "tests": tests}), encoding="utf-8")
    return file


class TestTheTestsOfTheRules:
    def test_pass(self) -> None:
        tested = promtool("test", "rules", RULE_TESTS)

        assert tested.returncode == 0, tested.stdout + tested.stderr

    @pytest.mark.parametrize(("index", "span"), [*thresholds()])
    def test_fail_when_a_threshold_is_gone(self, index: int, span: tuple[int, int], tmp_path: Path) -> None:
        groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
        alert = [rule for group in groups for rule in group["rules"]][index]
        alert["expr"] = f"{alert['expr'][: span[0]]}>= 0{alert['expr'][span[1] :]}"

        tested = promtool("test", "rules", write_part(tmp_path, groups, alert["alert"]))

        assert f"alertname: {alert['alert']}" in tested.stdout + tested.stderr
        assert tested.returncode == 1

    @pytest.mark.parametrize("name", ["TaskfleetAvailabilityBurn", "TaskfleetMemory"])
    def test_pass_with_what_an_alert_needs_alone(self, name: str, tmp_path: Path) -> None:
        """The control: of those that stand on recorded series none fails for want of a rule."""
        groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]

        tested = promtool("test", "rules", write_part(tmp_path, groups, name))

        assert tested.returncode == 0, tested.stdout + tested.stderr
