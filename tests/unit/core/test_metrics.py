"""Metrics belong to one app, not to the process."""

from app.core.metrics import Metrics


class TestTheMetricsOfAnApp:
    def test_count_apart_from_those_of_another_app(self) -> None:
        first, second = Metrics(), Metrics()
        first.requests.labels("GET", "/api/v1/tasks", "200").inc()

        assert b'taskfleet_http_requests_total{method="GET",route="/api/v1/tasks",status="200"} 1.0' in first.render()
        assert b"/api/v1/tasks" not in second.render()

    def test_tell_the_version(self) -> None:
        assert b"taskfleet_build_info{version=" in Metrics().render()
