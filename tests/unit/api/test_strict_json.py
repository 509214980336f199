"""Strict JSON: what Python's own parser would let pass or choke on."""

import time

import pytest

from app.api.problems import MalformedBodyError
from app.api.strict_json import MAX_JSON_DEPTH, parse_strict_json


class TestJson:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            (b"{}", {}),
            (b' [1, 2.5, -0.0, "a", null, true] ', [1, 2.5, -0.0, "a", None, True]),
            (b'"\\ud83d\\ude00"', "😀"),
            (b'{"a": 1, "a": 2}', {"a": 2}),
            (b'"\\u0000"', "\x00"),
            (b"123456789012345678901234567890", 123456789012345678901234567890),
        ],
    )
    def test_is_parsed(self, text: bytes, value: object) -> None:
        assert parse_strict_json(text) == value

    def test_may_be_as_deep_as_the_contract_says(self) -> None:
        parse_strict_json(b"[" * MAX_JSON_DEPTH + b"]" * MAX_JSON_DEPTH)
        parse_strict_json(b'{"a":[' * (MAX_JSON_DEPTH // 2) + b"]}" * (MAX_JSON_DEPTH // 2))

    def test_may_be_as_wide_as_it_likes(self) -> None:
        assert len(parse_strict_json(b"[" + b"[],{}," * 5_000 + b"[]]")) == 10_001

    @pytest.mark.parametrize("string", [b'"[[[["', b'"\\"[[[["', b'"\\\\"', b'"{\\"{\\"{"'])
    def test_is_not_deep_for_brackets_in_its_strings(self, string: bytes) -> None:
        parse_strict_json(b"[" + b",".join([string] * 60) + b"]")


class TestJsonThatIsRefused:
    @pytest.mark.parametrize(
        "text", [b"NaN", b"[-Infinity]", b'"\\ud800"', b'"\xff"', b"[1,]", b"", b"[" * 33 + b"]" * 33]
    )
    def test_says_so(self, text: bytes) -> None:
        with pytest.raises(MalformedBodyError) as caught:
            parse_strict_json(text)
        assert caught.value.status == 400

    def test_names_the_depth(self) -> None:
        with pytest.raises(MalformedBodyError, match="32 levels"):
            parse_strict_json(b'{"a":' * 33 + b"1" + b"}" * 33)

    @pytest.mark.parametrize(
        "text",
        [
            b"[" * 33 + b'"' + b'\\"' * 500_000,
            b"[" * 33 + b'"\\' * 300_000,
            b"[" * 33 + b"\\" * 900_000,
            b"[" * 1_000_000,
            b'{"a":' * 200_000,
            b'"' * 1_000_000,
            b"9" * 1_000_000,
        ],
        ids=["escaped quotes", "quotes and backslashes", "backslashes", "brackets", "braces", "quotes", "digits"],
    )
    def test_takes_no_longer_for_being_crafted(self, text: bytes) -> None:
        started = time.process_time()
        with pytest.raises(MalformedBodyError):
            parse_strict_json(text)

        assert time.process_time() - started < 2
