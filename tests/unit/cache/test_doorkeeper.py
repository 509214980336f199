"""Who is let into the cache: what is asked again, as far as the doorkeeper remembers."""

from uuid import UUID

import pytest

from app.cache.doorkeeper import Doorkeeper

ANN, BOB = UUID(int=1), UUID(int=2)


class TestAnAnswer:
    def test_is_admitted_from_the_second_time_on(self) -> None:
        doorkeeper = Doorkeeper()

        assert [doorkeeper.admits(ANN, b"/tasks?q=milk") for _ in range(3)] == [False, True, True]

    @pytest.mark.parametrize(("user_id", "name"), [(BOB, b"/tasks?q=milk"), (ANN, b"/tasks?q=mil")])
    def test_is_not_admitted_for_what_else_was_asked(self, user_id: UUID, name: bytes) -> None:
        doorkeeper = Doorkeeper()
        doorkeeper.admits(ANN, b"/tasks?q=milk")

        assert not doorkeeper.admits(user_id, name)

    def test_is_forgotten_with_the_oldest_when_there_are_too_many(self) -> None:
        doorkeeper = Doorkeeper(max_remembered=10)
        for number in range(11):
            doorkeeper.admits(ANN, b"%d" % number)

        assert doorkeeper.admits(ANN, b"10")
        assert doorkeeper.admits(ANN, b"1")
        assert not doorkeeper.admits(ANN, b"0")

    @pytest.mark.parametrize("bound", [1, 10, 100])
    def test_takes_no_more_room_than_its_bound(self, bound: int) -> None:
        doorkeeper = Doorkeeper(bound)
        for number in range(1_000):
            doorkeeper.admits(ANN, b"%d" % number)

        assert len(doorkeeper._asked) <= bound
