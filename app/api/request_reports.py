"""What is told of every request when it has been answered: a line in the access log, and a count."""

import time

from starlette.types import Scope

from app.api.exchange import Exchange
from app.api.route_labels import method_label, route_template
from app.core.access_log import AccessLog
from app.core.metrics import Metrics


class RequestReports:
    """Logs and counts the ends of requests."""

    def __init__(self, metrics: Metrics, access_log: AccessLog) -> None:
        self._requests = metrics.requests
        self._access_log = access_log

    def report(self, scope: Scope, exchange: Exchange) -> None:
        """Tell of one that was answered."""
        seconds = time.perf_counter() - exchange.started
        kind = (method_label(scope), route_template(scope), exchange.status)
        self._requests.count(kind, seconds)
        user_id = scope["state"].get("user_id")
        self._access_log.write(kind, seconds, user_id, exchange.request_id, exchange.trace_id)
