"""When secondaries are asked: not while they are of no help, and soon again when they are."""

import pytest

from app.data import replica_reads
from app.data.replica_reads import BEHIND_IN_A_ROW, PAUSE_SECONDS, Pause
from tests.fakes.clock import Seconds


@pytest.fixture
def seconds() -> Seconds:
    return Seconds(100.0)


@pytest.fixture
def pause(seconds: Seconds) -> Pause:
    return Pause(seconds)


class TestSecondariesThatAreOfHelp:
    def test_are_asked_by_every_request(self, pause: Pause) -> None:
        for _ in range(3):
            assert pause.may_ask()
            pause.report_current()

    def test_are_asked_on_when_some_of_them_or_some_users_are_ahead_of_them(self, pause: Pause) -> None:
        for _ in range(3):
            for _ in range(BEHIND_IN_A_ROW - 1):
                pause.report_behind()
                assert pause.may_ask()
            pause.report_current()


class TestASecondaryThatDidNotAnswer:
    def test_is_left_alone_for_a_while(self, pause: Pause, seconds: Seconds) -> None:
        pause.report_failure()

        assert not pause.may_ask()
        seconds.now += PAUSE_SECONDS - 0.01
        assert not pause.may_ask()

    def test_is_tried_by_one_request_then(self, pause: Pause, seconds: Seconds) -> None:
        pause.report_failure()
        seconds.now += PAUSE_SECONDS

        assert [pause.may_ask() for _ in range(3)] == [True, False, False]

    def test_is_tried_again_when_that_request_never_tells(self, pause: Pause, seconds: Seconds) -> None:
        pause.report_failure()
        for _ in range(2):
            seconds.now += PAUSE_SECONDS
            assert pause.may_ask()
            assert not pause.may_ask()

    def test_is_asked_by_all_when_that_request_was_answered(self, pause: Pause, seconds: Seconds) -> None:
        pause.report_failure()
        seconds.now += PAUSE_SECONDS
        assert pause.may_ask()
        pause.report_current()

        assert [pause.may_ask() for _ in range(3)] == [True, True, True]


class TestASecondaryThatLags:
    def test_is_left_alone_after_several_in_a_row_were_ahead_of_it(self, pause: Pause, seconds: Seconds) -> None:
        for _ in range(BEHIND_IN_A_ROW):
            assert pause.may_ask()
            pause.report_behind()
        assert not pause.may_ask()

        seconds.now += PAUSE_SECONDS
        assert pause.may_ask()
        pause.report_behind()  # one is enough now
        assert not pause.may_ask()


class TestAServerThatHoldsTheUser:
    @pytest.mark.parametrize(("held", "is_current"), [(6, False), (7, True), (8, True)])
    def test_is_current_from_the_known_revision_on(self, held: int, is_current: bool) -> None:
        assert replica_reads.holds({"_id": 1, "revision": held}, 7) is is_current

    def test_is_not_current_when_it_has_not_heard_of_the_user(self) -> None:
        assert not replica_reads.holds(None, 0)
