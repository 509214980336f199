"""Retries: a receiver may be away for a day, whatever chance says."""

import random
from datetime import timedelta

import pytest

from app.notifications import retries
from app.notifications.retries import MAX_ATTEMPTS, backoff, pause


def waits() -> list[timedelta]:
    """All that there are between the first attempt and the last."""
    return [backoff(attempts) for attempts in range(1, MAX_ATTEMPTS)]


class TestTheWaitsOfWhatNeverGetsThrough:
    def test_last_a_day_at_least(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retries.random, "uniform", min)
        assert timedelta(days=1) <= sum(waits(), timedelta()) <= timedelta(hours=25)

    def test_last_two_days_and_two_hours_at_most(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retries.random, "uniform", max)
        assert timedelta(days=2) <= sum(waits(), timedelta()) <= timedelta(hours=50)

    def test_differ_between_messages_that_failed_together(self) -> None:
        random.seed(7)
        seconds = sorted(backoff(5).total_seconds() for _ in range(100))
        assert 80 <= seconds[0] < 90
        assert 150 < seconds[-1] <= 160
        assert len(set(seconds)) == 100


class TestAReceiverThatNamesATime:
    def test_is_not_asked_before_it_however_late_the_attempt(self) -> None:
        assert timedelta(seconds=605) <= backoff(1, 600) <= timedelta(seconds=610)

    def test_is_asked_after_eight_hours_at_the_latest(self) -> None:
        assert backoff(MAX_ATTEMPTS, 1e9) <= timedelta(hours=8)


class TestWhatWasInterrupted:
    def test_comes_back_within_ten_seconds_at_any_time(self) -> None:
        random.seed(7)
        seconds = sorted(pause().total_seconds() for _ in range(100))
        assert 0 <= seconds[0] < 1
        assert 9 < seconds[-1] <= 10
