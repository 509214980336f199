"""Clusters without and with a version that runs."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.rollout.cluster import Cluster, run_cluster


@pytest.fixture
def empty_cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster with what a person makes by hand, and nothing else."""
    with run_cluster(tmp_path) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def first_rollout(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], set[str]]:
    """Objects after the first rollout, and the templates that came up."""
    with run_cluster(tmp_path_factory.mktemp("first")) as cluster:
        finished = cluster.deploy()
        assert finished.returncode == 0, finished.stderr
        return cluster.server.objects, cluster.controllers.sound


@pytest.fixture
def cluster(empty_cluster: Cluster, first_rollout: tuple[dict[str, Any], set[str]]) -> Cluster:
    """A cluster in which version 0.1.0 runs."""
    objects, sound = first_rollout
    empty_cluster.server.objects.update(copy.deepcopy(objects))
    empty_cluster.controllers.sound |= sound
    return empty_cluster
