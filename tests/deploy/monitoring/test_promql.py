"""What the other tests of these files stand on: the names in an expression are found, and unknown ones with them."""

import pytest

from tests.deploy.monitoring.known_metrics import faults_of
from tests.deploy.monitoring.promql import Selector, names_in, without_variables


class TestAnExpression:
    def test_names_its_metrics_and_labels_and_no_function_word_or_duration(self) -> None:
        names = names_in(
            "histogram_quantile(0.99, sum by (route, le) "
            '(rate(seconds_bucket{route!~"a|b{c}", le="0.5"}[5m] offset 1h)))'
            " > 1e3 and on (job) level:other:rate5m unless up == 0 or vector(2)"
        )

        assert names.selectors == (
            Selector("seconds_bucket", (("route", "!~", "a|b{c}"), ("le", "=", "0.5"))),
            Selector("level:other:rate5m", ()),
            Selector("up", ()),
        )
        assert names.grouping_labels == {"route", "le", "job"}

    @pytest.mark.parametrize("expression", ['sum({job="a"})', "up{job=}", 'up{job="a"'])
    def test_is_refused_when_its_selectors_cannot_be_read(self, expression: str) -> None:
        with pytest.raises(ValueError, match="selector"):
            names_in(expression)

    def test_of_a_dashboard_is_read_with_values_in_place_of_variables(self) -> None:
        expression = 'rate(up{instance=~"$instance", job=~"${job:regex}"}[$__rate_interval])'

        assert without_variables(expression) == 'rate(up{instance=~".*", job=~".*"}[5m])'


class TestTheSearchForWhatDoesNotExist:
    def test_finds_unknown_metrics_labels_and_values(self) -> None:
        assert faults_of("rate(taskfleet_http_request_total[5m])") == ["no metric taskfleet_http_request_total"]
        assert faults_of('taskfleet_http_requests_total{path="/"}') == [
            "no label path of taskfleet_http_requests_total"
        ]
        assert faults_of('taskfleet_cache_reads_total{outcome="bypassed"}') == [
            "no outcome bypassed of taskfleet_cache_reads_total"
        ]
        assert faults_of("sum by (user) (taskfleet_event_streams)") == ["nothing has the label user"]

    def test_finds_nothing_where_all_exists(self) -> None:
        assert faults_of('sum by (job, status) (taskfleet_http_requests_total{instance="a", status=~"5.."})') == []
