"""The words in which users are told."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app.notifications.channel import Message
from app.notifications.texts import Told, tell

AT = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)


def told(occasion: str, timezone: str = "Europe/Paris", **content: Any) -> Told:
    return tell(Message(UUID(int=1), occasion, "subject", AT, content), timezone)


class TestAReminder:
    @pytest.mark.parametrize(
        ("due", "due_at", "body"),
        [
            (None, None, ""),
            ({"date": "2026-12-01", "time": None}, datetime(2026, 12, 1, 22, 59, 59, tzinfo=UTC), "1 December 2026"),
            ({"date": "2026-12-01", "time": "09:30"}, AT, "1 December 2026, 09:30 (Europe/Paris)"),
            # A date is what it is, in every zone.
            ({"date": "2026-12-01", "time": None}, datetime(2026, 12, 2, 11, tzinfo=UTC), "1 December 2026"),
        ],
        ids=["no date", "a day", "a time", "a day elsewhere"],
    )
    def test_tells_the_task_and_when_it_is_due(self, due: Any, due_at: Any, body: str) -> None:
        expected = body and f"Due on Tuesday, {body}"
        assert told("reminder", title="Buy *milk*\r\n", due=due, due_at=due_at) == Told("Buy *milk*\r\n", expected)


class TestWhatConcernsTheAccount:
    def test_tells_when_and_from_where(self) -> None:
        new = told("security.new-device", "America/New_York", user_agent="Firefox")
        assert new.body.startswith("On Tuesday, 1 December 2026, 03:30 (America/New_York), from Firefox.\n")
        assert "unknown program" in told("security.new-device", user_agent="").body
        reused = told("security.refresh-token-reused", user_agent="Firefox")
        assert reused.body.startswith("On Tuesday, 1 December 2026, 09:30 (Europe/Paris) ")
        assert told("welcome").title == "Welcome to Taskfleet"


class TestADigest:
    @pytest.mark.parametrize(
        ("due", "overdue", "title", "lines"),
        [
            (1, 0, "1 due today", ["Today: d0"]),
            (0, 2, "2 overdue", ["Overdue: o0", "Overdue: o1"]),
            (1, 1, "1 due today, 1 overdue", ["Today: d0", "Overdue: o0"]),
            (30, 5, "30 due today, 5 overdue", [*(f"Today: d{n}" for n in range(20)), "and 15 more"]),
        ],
        ids=str,
    )
    def test_counts_names_and_tells_how_many_more(self, due: int, overdue: int, title: str, lines: list[str]) -> None:
        due_today = [f"d{number}" for number in range(due)][:20]
        late = [f"o{number}" for number in range(overdue)][: 20 - len(due_today)]
        counts = {"due_today_count": due, "overdue_count": overdue}
        digest = told("digest", due_today=due_today, overdue=late, **counts)
        assert digest == Told(f"Your day: {title}", "\n".join(lines))

    def test_bears_that_tasks_were_done_between_counting_and_naming(self) -> None:
        digest = told("digest", due_today=["a", "b"], overdue=[], due_today_count=1, overdue_count=0)
        assert digest.body == "Today: a\nToday: b"


class TestWhatIsNotKnown:
    @pytest.mark.parametrize("occasion", ["security.other", "pigeon", ""])
    def test_is_refused(self, occasion: str) -> None:
        with pytest.raises(ValueError, match="unknown occasion"):
            told(occasion)
