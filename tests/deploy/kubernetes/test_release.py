"""Another version is a change of one file, and its migration is another job."""

import shutil
from pathlib import Path

import pytest

from app import __version__
from tests.architecture.documents import ROOT
from tests.deploy.kubernetes.rendering import installation, name_of, of_kind, pods, render

DIGEST = f"sha256:{'a' * 64}"


@pytest.fixture
def manifests_of_mine(tmp_path: Path) -> Path:
    """A copy of `k8s/`, in which a person changes the release."""
    return Path(shutil.copytree(ROOT / "k8s", tmp_path / "k8s"))


@pytest.mark.parametrize("tag", ["2.10.0", "2.10.0-rc.1"])
@pytest.mark.parametrize("digest", [None, DIGEST])
class TestAnotherRelease:
    def test_runs_in_every_pod_and_names_its_migration(
        self, manifests_of_mine: Path, tag: str, digest: str | None
    ) -> None:
        release = manifests_of_mine / "components" / "release" / "kustomization.yaml"
        line = f'newTag: "{tag}"' + (f"\n    digest: {digest}" if digest else "")
        text = release.read_text(encoding="utf-8").replace(f"newTag: {__version__}", line)
        release.write_text(text, encoding="utf-8")

        manifests = render("overlays/production", manifests_of_mine)

        (job,) = of_kind(manifests, "Job")
        assert job["metadata"]["name"] == f"migrate-{tag}"
        assert job["metadata"]["labels"]["app.kubernetes.io/version"] == tag
        ending = f":{tag}@{digest}" if digest else f":{tag}"
        assert all(pod.spec["containers"][0]["image"].endswith(ending) for pod in pods(manifests))


class TestAnotherSetting:
    def test_exchanges_the_pods_that_read_it(self, manifests_of_mine: Path) -> None:
        overlay = manifests_of_mine / "overlays" / "production" / "kustomization.yaml"
        text = overlay.read_text(encoding="utf-8").replace("ENVIRONMENT=production", "ENVIRONMENT=staging")
        overlay.write_text(text, encoding="utf-8")

        manifests = render("overlays/production", manifests_of_mine)

        changed = {name_of(one): one["spec"] for one in of_kind(manifests, "Deployment")}
        before = {name_of(one): one["spec"] for one in of_kind(installation("production"), "Deployment")}

        assert {name for name in before if changed[name] != before[name]} == {"Deployment api", "Deployment worker"}


class TestWhatTheMigrationNeeds:
    def test_is_all_that_is_applied_before_the_rest(self) -> None:
        first = [
            name_of(one).partition("-0")[0]
            for one in installation("production")
            if one["metadata"].get("labels", {}).get("taskfleet/stage") == "migrate"
        ]

        assert sorted(name.split("-settings")[0] for name in first) == [
            "ConfigMap taskfleet",
            "Job migrate",
            "Namespace taskfleet",
            "NetworkPolicy default-deny",
            "NetworkPolicy dns",
            "NetworkPolicy managed-mongodb",
            "ServiceAccount migrate",
        ]
