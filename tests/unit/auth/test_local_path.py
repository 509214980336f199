"""Where a login may lead afterwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.auth.schemas import check_local_path


class TestAPathOnThisSite:
    @pytest.mark.parametrize(
        ("path", "shown"),
        [
            ("/", "/"),
            ("/tasks?list=a%20b&x=1#top", "/tasks?list=a%20b&x=1#top"),
            ("/?next=https://example.org//", "/?next=https://example.org//"),
            ("/é", "/%C3%A9"),
            ("/\U0001f98a", "/%F0%9F%A6%8A"),
            ("/a b<c>", "/a%20b%3Cc%3E"),
        ],
    )
    def test_is_let_through_in_ascii(self, path: str, shown: str) -> None:
        assert check_local_path(path) == shown


class TestAnythingElse:
    @pytest.mark.parametrize(
        "path",
        [
            "",
            " ",
            "tasks",
            "//evil.example",
            "/a//b",
            "/\\evil.example",
            "/a\\b",
            "/\t/evil.example",
            "/\x7f",
            "/\u200e",
            "/\u2029",
            "https://evil.example/",
            "/" + "é" * 400,
        ],
    )
    def test_is_refused(self, path: str) -> None:
        with pytest.raises(ValueError, match="must"):
            check_local_path(path)

    @given(st.text(st.sampled_from("/\\.:@?#%a \t\n\x00é"), max_size=12))
    def test_never_leads_to_another_site(self, path: str) -> None:
        try:
            shown = check_local_path(path)
        except ValueError:
            return
        assert shown[0] == "/"
        assert shown[1:2] not in {"/", "\\"}
        assert shown.isascii()
        assert shown.isprintable()
        assert " " not in shown
