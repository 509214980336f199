"""`k8s/deploy` migrates first, exchanges the pods, and goes back by itself when the new version does not work."""

from pathlib import Path

from tests.deploy.rollout.cluster import Cluster, deploy


class TestAVersionThatWorks:
    def test_is_migrated_before_a_pod_is_exchanged(self, tmp_path: Path) -> None:
        cluster = Cluster()

        finished = deploy(cluster, tmp_path)

        assert finished.returncode == 0, finished.stderr
        stage, everything = cluster.calls_of("kubectl apply")
        assert stage.endswith("--selector taskfleet/stage=migrate")
        assert "--selector" not in everything
        completed = next(call for call in cluster.calls if "get job migrate-1.2.3" in call)
        assert cluster.calls.index(stage) < cluster.calls.index(completed) < cluster.calls.index(everything)

    def test_is_waited_for_in_every_deployment_and_then_asked_from_outside(self, tmp_path: Path) -> None:
        cluster = Cluster()

        deploy(cluster, tmp_path)

        waited = [call.split()[3] for call in cluster.calls_of("kubectl rollout status")]
        assert waited == ["deployment/api", "deployment/worker"]
        assert cluster.calls[-1].startswith("curl ")
        assert cluster.calls[-1].endswith("https://tasks.example.com/api/v1/auth/providers")

    def test_is_not_undone(self, tmp_path: Path) -> None:
        cluster = Cluster()

        deploy(cluster, tmp_path)

        assert cluster.calls_of("kubectl rollout undo") == []


class TestAMigrationThatFails:
    def test_leaves_every_pod_as_it_was(self, tmp_path: Path) -> None:
        cluster = Cluster(migration="Failed")

        finished = deploy(cluster, tmp_path)

        assert finished.returncode == 1
        assert "nothing was exchanged" in finished.stderr
        assert len(cluster.calls_of("kubectl apply")) == 1
        assert cluster.revisions == {"api": 4, "worker": 7}


class TestPodsThatDoNotComeUp:
    def test_are_replaced_by_those_of_the_version_before(self, tmp_path: Path) -> None:
        cluster = Cluster(broken=["api"])

        finished = deploy(cluster, tmp_path)

        assert finished.returncode == 1
        assert cluster.calls_of("kubectl rollout undo") == [
            "kubectl rollout undo deployment/api --to-revision 4",
            "kubectl rollout undo deployment/worker --to-revision 7",
        ]
        assert cluster.broken == []
        assert cluster.calls[-1].startswith("kubectl rollout status deployment/worker")

    def test_leave_what_the_version_did_not_change(self, tmp_path: Path) -> None:
        """Without a number `rollout undo` would take the worker back by one version too many."""
        cluster = Cluster(broken=["api"], changed=["api"])

        deploy(cluster, tmp_path)

        assert cluster.calls_of("kubectl rollout undo") == ["kubectl rollout undo deployment/api --to-revision 4"]

    def test_leave_a_first_version_to_be_looked_at(self, tmp_path: Path) -> None:
        cluster = Cluster(revisions={}, broken=["api"])

        finished = deploy(cluster, tmp_path)

        assert finished.returncode == 1
        assert "api is new: there is nothing to go back to" in finished.stdout
        assert cluster.calls_of("kubectl rollout undo") == []


class TestAVersionThatRunsAndDoesNotAnswer:
    def test_is_taken_back(self, tmp_path: Path) -> None:
        cluster = Cluster(answers=False)

        finished = deploy(cluster, tmp_path)

        assert finished.returncode == 1
        assert len(cluster.calls_of("kubectl rollout undo")) == 2
        assert "the version before runs again" in finished.stderr


class TestManifestsWithoutADeployment:
    def test_are_refused_before_anything_is_applied(self, tmp_path: Path) -> None:
        cluster = Cluster(manifests="kind: Namespace")

        finished = deploy(cluster, tmp_path)

        assert finished.returncode == 1
        assert "has no Deployment" in finished.stderr
        assert cluster.calls_of("kubectl apply") == []
