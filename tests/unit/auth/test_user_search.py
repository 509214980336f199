"""What somebody typed who looks for a user."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.auth.user_search import UserSearch

ID = "0198c7a2-6f00-7000-8000-000000000000"


class TestWhatWasTyped:
    @pytest.mark.parametrize("text", [ID, ID.upper(), f"  {ID}\n"])
    def test_is_an_id_in_whatever_case(self, text: str) -> None:
        assert UserSearch.parse(text) == UserSearch(user_id=UUID(ID))

    @pytest.mark.parametrize("text", ["", " ", "\t\n"])
    def test_is_everybody_if_it_is_nothing(self, text: str) -> None:
        assert UserSearch.parse(text) == UserSearch()

    @pytest.mark.parametrize(
        ("text", "prefix"),
        [("Ann", "ann"), ("ann@", "ann@"), ("Ann@Example.", "ann@example."), ("a b", "a b"), (ID[:-1], ID[:-1])],
    )
    def test_is_the_beginning_of_an_address_otherwise(self, text: str, prefix: str) -> None:
        assert UserSearch.parse(text) == UserSearch(email_prefix=prefix)

    @given(st.text(max_size=400))
    def test_is_never_an_error(self, text: str) -> None:
        search = UserSearch.parse(text)

        assert search.user_id is None or search.email_prefix is None
