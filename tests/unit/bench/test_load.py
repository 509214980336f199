"""What is read out of wrk, and what makes a run a failure."""

import re

import pytest

from bench.errors import BenchError
from bench.load import Expectation, parse_output

# wrk 4.1.0 with `bench/load.lua`, against a server that answered one in ten requests with 500.
OUTPUT = """\
Running 1s test @ http://127.0.0.1:39759
  1 threads and 2 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    42.74ms    8.19ms  48.31ms   96.08%
    Req/Sec    46.00      8.72    60.00     72.73%
  51 requests in 1.11s, 10.92KB read
  Non-2xx or 3xx responses: 5
Requests/sec:     46.08
Transfer/sec:      9.87KB
RESULT {"requests": 51, "seconds": 1.106755, "p50_ms": 43.986, "p99_ms": 48.313, "wrong": 5, \
"first_wrong": "status 500 with 100 bytes", "connect": 0, "read": 0, "write": 0, "timeout": 0}
"""
CLEAN_OUTPUT = OUTPUT.replace('"wrong": 5', '"wrong": 0')


class TestTheOutputOfWrk:
    def test_holds_the_figures(self) -> None:
        result = parse_output(CLEAN_OUTPUT)

        assert result.failure is None
        assert (result.requests, result.p50_ms, result.p99_ms) == (51, 43.986, 48.313)
        assert result.rate == pytest.approx(46.08, abs=0.01)

    def test_fails_with_a_wrong_answer(self) -> None:
        assert parse_output(OUTPUT).failure == "5 wrong answers, the first: status 500 with 100 bytes"

    @pytest.mark.parametrize("kind", ["connect", "read", "write", "timeout"])
    def test_fails_with_a_broken_connection(self, kind: str) -> None:
        assert parse_output(CLEAN_OUTPUT.replace(f'"{kind}": 0', f'"{kind}": 2')).failure == f"2 {kind} errors"

    def test_fails_without_an_answer(self) -> None:
        assert parse_output(re.sub('"requests": 51', '"requests": 0', CLEAN_OUTPUT)).failure == "no answer at all"

    def test_fails_when_the_load_was_the_limit(self) -> None:
        assert parse_output(CLEAN_OUTPUT, load_cpu_seconds=0.5).failure is None
        assert "the load itself was the limit" in (parse_output(CLEAN_OUTPUT, load_cpu_seconds=1.1).failure or "")

    def test_that_is_something_else_is_no_result(self) -> None:
        with pytest.raises(BenchError, match="unable to connect"):
            parse_output("Running 1s test\nunable to connect to 127.0.0.1:1 Connection refused\n")


class TestAnExpectation:
    def test_spans_what_was_seen_and_a_little_more(self) -> None:
        assert Expectation.around(200, [1_000, 2_000], 0.01) == Expectation(200, 990, 2_020)

    def test_of_an_empty_body_is_an_empty_body(self) -> None:
        assert Expectation.around(304, [0, 0], 0.01) == Expectation(304, 0, 0)
