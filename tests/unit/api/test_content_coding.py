"""Which content coding a client would rather have."""

import pytest

from app.api.content_coding import choose_coding

BOTH = ("br", "gzip")


class TestTheCodingOfAnAnswer:
    @pytest.mark.parametrize(
        ("header", "chosen"),
        [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip", "gzip"),
            ("GZIP", "gzip"),
            ("br;q=0.5, gzip;q=0.5", "br"),
            ("br;q=0.5, gzip;q=0.8", "gzip"),
            ("br ; q=0.001", "br"),
            ("*", "br"),
            ("*;q=0.1, br;q=0", "gzip"),
            ("br;q=0,*", "gzip"),
            ("gzip;q=1.000,", "gzip"),
            ("identity;q=0.5, gzip;q=0.5", "gzip"),
            ("identity;q=0", None),
        ],
    )
    def test_is_the_best_that_the_client_accepts(self, header: str, chosen: str | None) -> None:
        assert choose_coding(header, BOTH) == chosen

    @pytest.mark.parametrize(
        "header",
        ["", "identity", "deflate", "br;q=0, gzip;q=0.0", "*;q=0", "gzip;q=0.5, identity", "brotli", "gzipped"],
    )
    def test_is_none_when_the_client_would_rather_have_it_plain(self, header: str) -> None:
        assert choose_coding(header, BOTH) is None

    @pytest.mark.parametrize(
        "header",
        ["br;q=2", "br;q=", "br;q=1.5", "br;q=-1", "br;quality=1", "b r", "br gzip", ";", "é", "br;" * 5_000],
    )
    def test_is_none_when_nothing_is_well_formed(self, header: str) -> None:
        assert choose_coding(header, BOTH) is None

    def test_is_one_of_those_that_there_are(self) -> None:
        assert choose_coding("br, gzip;q=0.1", ("gzip",)) == "gzip"
        assert choose_coding("br, gzip", ()) is None
