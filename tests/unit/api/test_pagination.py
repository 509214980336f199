"""Links to the next page: the same query, with another cursor."""

import pytest
from starlette.requests import Request

from app.api.pagination import next_page_link


def make_request(query: bytes) -> Request:
    return Request({"type": "http", "method": "GET", "path": "/api/v1/tasks", "query_string": query, "headers": []})


class TestALinkToTheNextPage:
    @pytest.mark.parametrize(
        ("query", "following"),
        [
            (b"", "cursor=next"),
            (b"limit=2&sort=-due", "limit=2&sort=-due&cursor=next"),
            (b"cursor=this&status=todo&status=done&label=", "status=todo&status=done&label=&cursor=next"),
            (b"label=a%26b+c%20d", "label=a%26b+c%20d&cursor=next"),
            (b'label="a>b"&limit=2', "label=%22a%3Eb%22&limit=2&cursor=next"),
            (b"limit=2&cursor=this&", "limit=2&cursor=next"),
            (b"limit=2&cursor&%63ursor=this", "limit=2&cursor=next"),
            (b"label=a;b,c", "label=a%3Bb%2Cc&cursor=next"),
            (b"label=k%C3%A4se", "label=k%C3%A4se&cursor=next"),
        ],
    )
    def test_asks_the_same_again(self, query: bytes, following: str) -> None:
        assert next_page_link(make_request(query), "next") == {"Link": f'</api/v1/tasks?{following}>; rel="next"'}

    def test_is_missing_on_the_last_page(self) -> None:
        assert next_page_link(make_request(b"limit=2"), None) == {}
