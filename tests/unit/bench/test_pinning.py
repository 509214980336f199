"""The choice of cores."""

import os
import sys

import pytest

from bench.errors import BenchError
from bench.pinning import Cores, children_on

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are pinned on Linux alone")


@pytest.fixture(autouse=True)
def _three_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {2, 4, 6})


class TestTheCores:
    def test_are_one_for_all_servers_and_one_for_the_load(self) -> None:
        assert Cores.choose(None, None, None) == Cores(server=2, databases=2, load=4)

    def test_can_be_one_more_for_the_databases(self) -> None:
        assert Cores.choose(None, 4, None) == Cores(server=2, databases=4, load=6)

    def test_are_never_shared_between_servers_and_load(self) -> None:
        with pytest.raises(BenchError, match="core of its own"):
            Cores.choose(2, None, 2)

    def test_exist(self) -> None:
        with pytest.raises(BenchError, match="no core 3"):
            Cores.choose(3, None, None)

    def test_are_two_at_least(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0})

        with pytest.raises(BenchError, match="needs two cores"):
            Cores.choose(None, None, None)

    def test_are_given_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        calls: list[set[int]] = []
        monkeypatch.setattr(os, "sched_setaffinity", lambda _pid, cores: calls.append(cores))

        with children_on(4):
            pass

        assert calls == [{4}, {2, 4, 6}]
