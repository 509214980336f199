"""`k8s/deploy` migrates first, exchanges the pods, and goes back by itself when the new version does not work."""

import signal

import pytest

from tests.deploy.kubernetes.breaches import container
from tests.deploy.rollout.cluster import SECRETS, Cluster
from tests.waiting import until

PRODUCTION = "overlays/production/kustomization.yaml"
LOCK = "configmaps/taskfleet-deploy"
DEPLOYMENTS = ("api", "gateway", "worker")
GOOGLE_CLIENT = """\
            - name: TASKFLEET_GOOGLE_CLIENT_ID
              valueFrom:
                secretKeyRef:
                  name: taskfleet-sign-in
                  key: GOOGLE_CLIENT_ID
                  optional: true
"""


def changes(cluster: Cluster) -> list[str]:
    """Return what the server was asked to change, the lock left out."""
    return [call for call in cluster.server.calls if LOCK not in call]


class TestTheFirstVersion:
    def test_is_migrated_before_anything_else_is_there(self, empty_cluster: Cluster) -> None:
        finished = empty_cluster.deploy()

        assert finished.returncode == 0, finished.stderr
        calls = changes(empty_cluster)
        migrated = calls.index("create jobs/migrate-0.1.0")
        assert max(calls.index(f"create networkpolicies/{name}") for name in ("dns", "managed-mongodb")) < min(
            calls.index(f"create deployments/{name}") for name in DEPLOYMENTS
        )
        assert migrated < min(calls.index(f"create deployments/{name}") for name in DEPLOYMENTS)
        assert empty_cluster.asked.strip().endswith("https://tasks.example.com/api/v1/auth/providers")
        assert LOCK not in empty_cluster.server.objects

    def test_is_left_to_be_looked_at_if_it_does_not_come_up(self, empty_cluster: Cluster) -> None:
        empty_cluster.controllers.broken = {"api"}

        finished = empty_cluster.deploy()

        assert finished.returncode == 1
        assert "there is no version before it" in finished.stderr
        assert "runs again" not in finished.stderr
        assert all(empty_cluster.revision(name) == "1" for name in DEPLOYMENTS)
        assert LOCK not in empty_cluster.server.objects

    @pytest.mark.parametrize("missing", SECRETS)
    def test_is_refused_before_anything_is_made_without_a_secret(self, empty_cluster: Cluster, missing: str) -> None:
        """The pod of the migration would wait for it without an end."""
        empty_cluster.server.delete(f"secrets/{missing}")
        empty_cluster.server.calls.clear()

        finished = empty_cluster.deploy()

        assert finished.returncode == 1
        assert f"no Secret {missing};" in finished.stderr
        assert empty_cluster.server.calls == []

    def test_is_refused_before_anything_is_made_in_a_cluster_without_the_operator_of_prometheus(
        self, empty_cluster: Cluster
    ) -> None:
        empty_cluster.server.unknown = {"monitoring.coreos.com/v1"}

        finished = empty_cluster.deploy()

        assert finished.returncode == 1
        assert "does not know an object" in finished.stderr
        assert empty_cluster.server.calls == []


class TestTheNextVersion:
    def test_is_asked_from_outside_when_every_deployment_is_through(self, cluster: Cluster) -> None:
        cluster.release("0.2.0")

        finished = cluster.deploy()

        assert finished.returncode == 0, finished.stderr
        assert changes(cluster).count("create jobs/migrate-0.2.0") == 1
        assert [cluster.revision(name) for name in DEPLOYMENTS] == ["2", "2", "2"]
        waited = [f'deployment "{name}" successfully rolled out' for name in DEPLOYMENTS]
        assert all(line in finished.stdout for line in waited)
        assert cluster.asked.count("\n") == 1

    def test_goes_back_with_all_pods_when_some_do_not_come_up(self, cluster: Cluster) -> None:
        before = {name: cluster.container(name)["image"] for name in DEPLOYMENTS}
        cluster.release("0.2.0")
        cluster.controllers.broken = {"api"}

        finished = cluster.deploy()

        assert finished.returncode == 1
        assert "the version before runs again" in finished.stderr
        assert {name: cluster.container(name)["image"] for name in DEPLOYMENTS} == before
        assert cluster.asked == ""

    def test_goes_back_when_it_does_not_answer_from_outside(self, cluster: Cluster) -> None:
        cluster.release("0.2.0")
        cluster.answer(is_up=False)

        finished = cluster.deploy()

        assert finished.returncode == 1
        assert "the version before runs again" in finished.stderr
        assert cluster.container("api")["image"].endswith(":0.1.0")

    def test_says_so_when_the_version_before_does_not_run_either(self, cluster: Cluster) -> None:
        cluster.release("0.2.0")
        cluster.controllers.broken = {"api"}
        cluster.controllers.sound.clear()

        finished = cluster.deploy()

        assert finished.returncode == 1
        assert "does not run either" in finished.stderr
        assert "runs again" not in finished.stderr

    def test_leaves_alone_what_it_did_not_change(self, cluster: Cluster) -> None:
        cluster.edit(PRODUCTION, "ENVIRONMENT=production", "ENVIRONMENT=staging")
        cluster.answer(is_up=False)

        cluster.deploy()

        assert [cluster.revision(name) for name in DEPLOYMENTS] == ["3", "1", "3"]

    def test_leaves_nothing_behind_that_it_took_out_of_a_pod_before_it_went_back(self, cluster: Cluster) -> None:
        """After a mere `rollout undo` the next apply would not know that the variable was ever its own."""
        cluster.edit("components/signing-key/patch.yaml", GOOGLE_CLIENT, "")
        cluster.answer(is_up=False)
        cluster.deploy()
        assert "'TASKFLEET_GOOGLE_CLIENT_ID'" in str(cluster.container("api")["env"])
        cluster.answer(is_up=True)

        finished = cluster.deploy()

        assert finished.returncode == 0, finished.stderr
        assert "'TASKFLEET_GOOGLE_CLIENT_ID'" not in str(cluster.container("api")["env"])


class TestAMigration:
    def test_that_fails_leaves_every_pod_as_it_was(self, cluster: Cluster) -> None:
        cluster.release("0.2.0")
        cluster.controllers.job_ends_as = "Failed"

        finished = cluster.deploy()

        assert finished.returncode == 1
        assert "nothing was exchanged" in finished.stderr
        assert [cluster.revision(name) for name in DEPLOYMENTS] == ["1", "1", "1"]
        assert LOCK not in cluster.server.objects

    def test_that_failed_is_begun_again_by_the_next_attempt(self, cluster: Cluster) -> None:
        cluster.release("0.2.0")
        cluster.controllers.job_ends_as = "Failed"
        cluster.deploy()
        cluster.controllers.job_ends_as = "Complete"

        finished = cluster.deploy()

        assert finished.returncode == 0, finished.stderr
        assert "delete jobs/migrate-0.2.0" in cluster.server.calls

    def test_of_the_same_version_with_another_setting_is_a_new_job(self, cluster: Cluster) -> None:
        """The settings are part of the job's pod, which cannot be changed."""
        cluster.edit(PRODUCTION, "ENVIRONMENT=production", "ENVIRONMENT=staging")

        finished = cluster.deploy()

        assert finished.returncode == 0, finished.stderr
        settings = container(cluster.server.objects["jobs/migrate-0.1.0"])["envFrom"][0]["configMapRef"]["name"]
        assert settings == cluster.container("api")["envFrom"][0]["configMapRef"]["name"]

    def test_whose_image_cannot_be_fetched_is_not_waited_for_to_the_end(self, cluster: Cluster) -> None:
        cluster.release("0.2.0")
        cluster.controllers.job_ends_as = ""
        waiting = {"containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]}
        labels = {"batch.kubernetes.io/job-name": "migrate-0.2.0"}
        cluster.create("Pod", "migrate-0.2.0-abcde", status=waiting)
        cluster.server.objects["pods/migrate-0.2.0-abcde"]["metadata"]["labels"] = labels

        finished = cluster.deploy(START_SECONDS="1")

        assert finished.returncode == 1
        assert "migrate-0.2.0 waits: ImagePullBackOff" in finished.stdout
        assert "nothing was exchanged" in finished.stderr


class TestTwoRollouts:
    def test_do_not_run_at_once(self, cluster: Cluster) -> None:
        cluster.create("ConfigMap", "taskfleet-deploy")
        cluster.server.calls.clear()

        finished = cluster.deploy()

        assert finished.returncode == 1
        assert "somebody else rolls out" in finished.stderr
        assert cluster.server.calls == []
        assert LOCK in cluster.server.objects  # it is not ours to take away

    async def test_can_follow_one_another_when_the_first_was_interrupted(self, cluster: Cluster) -> None:
        cluster.release("0.2.0")
        cluster.controllers.job_ends_as = ""
        process = cluster.start()
        for step in (LOCK, "jobs/migrate-0.2.0"):  # each has a deadline of its own
            await until(lambda step=step: f"create {step}" in cluster.server.calls)  # type: ignore[misc]

        process.send_signal(signal.SIGTERM)
        _, complaint = process.communicate(timeout=60)

        assert process.returncode == 1
        assert "interrupted" in complaint
        assert LOCK not in cluster.server.objects


class TestAnOverlayWithDatabases:
    def test_is_refused_before_the_cluster_is_asked(self, empty_cluster: Cluster) -> None:
        """Its migration would be waited for ahead of its databases."""
        finished = empty_cluster.deploy("dev")

        assert finished.returncode == 1
        assert "the overlay dev has databases (config mongos shard-0 shard-1)" in finished.stderr
        assert f"kubectl apply -k {empty_cluster.manifests}/overlays/dev" in finished.stderr
        assert empty_cluster.server.calls == []


class TestAnOverlayWithoutADeployment:
    def test_is_refused_before_the_cluster_is_asked(self, empty_cluster: Cluster) -> None:
        text = (empty_cluster.manifests / PRODUCTION).read_text(encoding="utf-8")
        empty_cluster.edit(PRODUCTION, text, "resources: [../../databases/managed]\n")

        finished = empty_cluster.deploy()

        assert finished.returncode == 1
        assert "has no Deployment" in finished.stderr
        assert empty_cluster.server.calls == []
