"""What the operator is told of push services that refuse the key."""

from datetime import timedelta

from structlog.testing import capture_logs

from app.notifications.push.refusals import KeyRefusals
from tests.fakes.clock import START

HOUR = timedelta(hours=1)


class TestRefusals:
    def test_are_told_once_an_hour_for_each_push_service(self) -> None:
        refusals = KeyRefusals()
        with capture_logs() as logs:
            for minutes in range(0, 120, 10):
                for service in ("https://push.example", "https://other.example"):
                    refusals.tell(service, 403, START + timedelta(minutes=minutes))

        assert [(log["event"], log["service"], log["status"]) for log in logs] == [
            ("push_key_refused", "https://push.example", 403),
            ("push_key_refused", "https://other.example", 403),
        ] * 2

    def test_of_however_many_services_are_bounded(self) -> None:
        refusals = KeyRefusals()
        with capture_logs() as logs:
            for number in range(1_000):
                refusals.tell(f"https://{number}.example", 401, START)
            assert len(logs) == 100
            refusals.tell("https://999.example", 401, START + HOUR)

        assert logs[-1]["service"] == "https://999.example"
