"""The release waits for a roll-out and for its way back: a job that is cut off goes neither forward nor back."""

import re
from typing import Any

from tests.deploy.kubernetes.rendering import of_kind, render
from tests.deploy.workflows.workflows import GITHUB, ROOT, read, steps_of

RELEASE = read(GITHUB / "workflows" / "release.yml")
SCRIPT = (ROOT / "k8s" / "deploy").read_text(encoding="utf-8")
# Seven attempts of 10 s, 10 s apart (`answers` in k8s/deploy).
ANSWER_SECONDS = 130
# To check out, to install cosign, to look at signatures and to become the role.
PREPARATION_SECONDS = 600


def seconds_of(setting: str) -> int:
    """What a setting of k8s/deploy is unless it is set."""
    [seconds] = re.findall(rf"^{setting}=\$\{{{setting}:-(\d+)\}}$", SCRIPT, re.MULTILINE)
    return int(seconds)


def longest_roll_out() -> int:
    """How long k8s/deploy takes, in seconds, when everything takes as long as it may and then fails."""
    overlay = next(
        found[1] for step in steps_of(RELEASE) if (found := re.search(r"k8s/deploy (\S+)", step.get("run", "")))
    )
    deployments = len(of_kind(render(f"overlays/{overlay}"), "Deployment"))
    assert deployments >= 3
    return seconds_of("MIGRATION_SECONDS") + 2 * deployments * seconds_of("ROLLOUT_SECONDS") + ANSWER_SECONDS


class TestTheJobThatDeploys:
    job: dict[str, Any] = RELEASE["jobs"]["deploy"]

    def test_lasts_until_the_version_before_runs_again(self) -> None:
        assert self.job["timeout-minutes"] * 60 >= longest_roll_out() + PREPARATION_SECONDS

    def test_may_speak_to_the_cluster_as_long_as_it_lasts(self) -> None:
        [seconds] = [
            step["with"]["role-duration-seconds"]
            for step in self.job["steps"]
            if "configure-aws-credentials" in step.get("uses", "")
        ]

        assert seconds >= self.job["timeout-minutes"] * 60

    def test_waits_for_people_and_one_release_at_a_time(self) -> None:
        assert self.job["environment"]["name"] == "production"
        assert RELEASE["concurrency"] == {"group": "release", "cancel-in-progress": False}
