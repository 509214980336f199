"""Every installation keeps the rules for pods and references; and each rule finds what breaks it."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.deploy.kubernetes import pod_rules, reference_rules
from tests.deploy.kubernetes.breaches import BREACHES, BREACHES_OF_SPREADING, Change
from tests.deploy.kubernetes.rendering import INSTALLATIONS, Manifest, installation

Rule = Callable[[Sequence[Manifest]], Iterator[str]]

RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        pod_rules.run_restricted,
        pod_rules.have_no_token,
        pod_rules.pin_images,
        pod_rules.are_probed,
        pod_rules.have_resources,
        pod_rules.end_in_time,
        pod_rules.run_one_process,
        pod_rules.roll_without_a_gap,
        pod_rules.set_up_mongodb,
        pod_rules.migrate_by_version,
        reference_rules.name_what_exists,
        reference_rules.select_what_runs,
        reference_rules.scale_what_exists,
        reference_rules.let_nodes_be_drained,
        reference_rules.set_what_is_known,
        reference_rules.route_to_services,
        reference_rules.keep_the_signing_key_apart,
        reference_rules.keep_the_ways_to_users_apart,
    )
}


@pytest.mark.parametrize("name", INSTALLATIONS)
class TestAnInstallation:
    @pytest.mark.parametrize("rule", RULES)
    def test_keeps_every_rule(self, name: str, rule: str) -> None:
        assert list(RULES[rule](installation(name))) == []

    def test_is_spread_out_hard_unless_it_is_for_trying(self, name: str) -> None:
        assert list(pod_rules.spread_out(installation(name), is_hard=name != "dev")) == []


@pytest.mark.parametrize(("rule", "breach", "change"), BREACHES, ids=[f"{rule}-{what}" for rule, what, _ in BREACHES])
class TestARule:
    def test_finds_what_breaks_it(self, rule: str, breach: str, change: Change) -> None:
        manifests = {(one["kind"], one["metadata"]["name"]): one for one in installation("self-hosted")}

        change(manifests)

        assert list(RULES[rule](list(manifests.values()))) != []


class TestTheRuleOfSpreading:
    @pytest.mark.parametrize("change", BREACHES_OF_SPREADING)
    def test_finds_what_breaks_it(self, change: Change) -> None:
        manifests = {(one["kind"], one["metadata"]["name"]): one for one in installation("self-hosted")}

        change(manifests)

        assert list(pod_rules.spread_out(list(manifests.values()), is_hard=True)) != []


class TestTheListOfBreaches:
    def test_has_one_for_every_rule(self) -> None:
        assert {rule for rule, _, _ in BREACHES} == set(RULES)
