"""Endpoints as browsers give them, and as somebody gives them who is no browser."""

import pytest

from app.notifications.push.endpoints import MAX_ENDPOINT_LENGTH, Endpoint, InvalidEndpointError


class TestAnEndpoint:
    @pytest.mark.parametrize(
        ("text", "origin"),
        [
            ("https://fcm.googleapis.com/fcm/send/c1:APA91b-x_Y", "https://fcm.googleapis.com"),
            (
                "https://updates.push.services.mozilla.com/wpush/v2/gAAAAA",
                "https://updates.push.services.mozilla.com",
            ),
            ("https://web.push.apple.com/QOz?a=b%20c", "https://web.push.apple.com"),
            ("https://wns2-par02p.notify.windows.com:443/w/?token=BQY%3d", "https://wns2-par02p.notify.windows.com"),
            ("HTTPS://Push.Example.com/x", "https://push.example.com"),
        ],
    )
    @pytest.mark.parametrize("is_local", [False, True])
    def test_of_a_push_service_is_taken(self, text: str, origin: str, is_local: bool) -> None:
        assert Endpoint.parse(text, allows_loopback=is_local).origin == origin

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "https://push.example.com",
            "http://push.example.com/x",
            "//push.example.com/x",
            "file:///etc/passwd",
            "https:///x",
            "https://push.example.com:22/x",
            "https://push.example.com:0/x",
            "https://push.example.com:99999/x",
            "https://push.example.com:x/x",
            "https://ann@push.example.com/x",
            "https://ann:secret@push.example.com/x",
            "https://push.example.com/x#y",
            "https://push.example.com/x y",
            "https://push.example.com/x\r\nHost: y",
            "https://push.example.com\\x",
            "https://push.example.com\\@127.0.0.1/x",
            "https://push.example.com/\\x",
            "https://push.example.com./x",
            "https://.example.com/x",
            "https://[::1]/x",
            "https://[::ffff:127.0.0.1]/x",
            "https://10.0.0.1/x",
            "https://8.8.8.8/x",
            "https://127.1/x",
            "https://2130706433/x",
            "https://0x7f000001/x",
            "https://0177.0.0.1/x",
            "https://example.0x7f/x",
            "https://intranet/x",
            "https://p\u00fcsh.example.com/x",
            "https://push.example.com/\u00fc",
            "https://push.e\u212axample.com/x",
            "https://push.example.com/" + "x" * MAX_ENDPOINT_LENGTH,
            " https://push.example.com/x",
            "https://push.example.com/x\n",
        ],
    )
    @pytest.mark.parametrize("is_local", [False, True])
    def test_of_another_kind_is_refused(self, text: str, is_local: bool) -> None:
        with pytest.raises(InvalidEndpointError):
            Endpoint.parse(text, allows_loopback=is_local)


class TestAnEndpointOnThisMachine:
    @pytest.mark.parametrize("text", ["http://127.0.0.1:4711/x", "http://localhost/x", "https://localhost:8443/x"])
    def test_is_for_the_local_profile(self, text: str) -> None:
        assert Endpoint.parse(text, allows_loopback=True).origin == text.removesuffix("/x")
        with pytest.raises(InvalidEndpointError):
            Endpoint.parse(text, allows_loopback=False)

    @pytest.mark.parametrize("host", ["127.0.0.2", "127.0.0.1.example.com", "localhost.example.com", "0"])
    def test_is_not_any_name_that_looks_like_one(self, host: str) -> None:
        with pytest.raises(InvalidEndpointError):
            Endpoint.parse(f"http://{host}/x", allows_loopback=True)
