"""A link in a mail stops such mails, without signing in."""

import asyncio
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.data.store import Store
from app.notifications.channel import Message
from app.notifications.mail.channel import MailChannel
from app.notifications.mail.unsubscribe_token import UnsubscribeToken
from app.notifications.unsubscribe_body import MAX_BODY_BYTES
from tests.conftest import SignIn
from tests.fakes.mail_server import MailServer
from tests.integration.notifications.conftest import RawDatabase
from tests.integration.notifications.mail.conftest import make_digest, make_message, make_recipient

PATH = "/api/v1/notifications/unsubscribe"
SETTINGS = "/api/v1/me/notification-settings"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
BY_MAIL = {"channels": {"reminder": {"email": True}}}


@pytest.fixture
async def store(app: FastAPI) -> Store:
    """That of the service, on a database that is emptied once."""
    store: Store = app.state.store
    return store


@pytest.fixture
async def reader(ann: httpx.AsyncClient) -> httpx.AsyncClient:
    """A signed-in user who wants to be reminded by mail."""
    (await ann.patch(SETTINGS, json=BY_MAIL)).raise_for_status()
    return ann


@pytest.fixture
async def user_id(reader: httpx.AsyncClient) -> UUID:
    """Who that is."""
    return UUID((await reader.get("/api/v1/me")).json()["id"])


@pytest.fixture
async def link(channel: MailChannel, mail_server: MailServer, user_id: UUID) -> str:
    """The address in a reminder's `List-Unsubscribe`."""
    return await take_link(channel, mail_server, user_id, make_message())


async def take_link(channel: MailChannel, server: MailServer, user_id: UUID, message: Message) -> str:
    await channel.deliver(message, make_recipient(user_id))
    *_, mail = await server.collect()
    link: str = mail.parse()["List-Unsubscribe"]
    return link.strip("<>")


def token_of(link: str) -> str:
    (token,) = parse_qs(urlsplit(link).query)["token"]
    return token


async def wants_by_mail(reader: httpx.AsyncClient) -> dict[str, bool]:
    channels = (await reader.get(SETTINGS)).json()["channels"]
    return {kind: switches["email"] for kind, switches in channels.items()}


PART = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


def _nest(depth: int) -> bytes:
    """Parts within parts, in a body whose boundary is x."""
    names = ["x", *(f"b{level}" for level in range(depth))]
    parts = [f"--{outer}\nContent-Type: multipart/a;boundary={inner}\n\n" for outer, inner in pairwise(names)]
    return "".join(parts).encode()


class TestAMailProgram:
    async def test_stops_the_kind_of_mail_by_one_click(
        self, link: str, client: httpx.AsyncClient, reader: httpx.AsyncClient
    ) -> None:
        """RFC 8058, section 3.2: without cookies or anything else that tells who it is."""
        answer = await client.post(link.removeprefix("https://tasks.example"), data=ONE_CLICK)

        assert (answer.status_code, answer.json()) == (200, {"kind": "reminder"})
        assert answer.headers["Cache-Control"] == "no-store"
        assert await wants_by_mail(reader) == {"reminder": False, "digest": True, "security": True}

    @pytest.mark.parametrize(
        ("boundary", "head"),
        [
            ("boundary=x", b'Content-Disposition: form-data; name="List-Unsubscribe"'),
            ('boundary="x"', b"content-disposition:form-data;name=List-Unsubscribe"),
            (
                "charset=utf-8; Boundary=x",
                b'Content-Type: text/plain\r\nContent-Disposition: form-data; name="List-Unsubscribe"',
            ),
        ],
    )
    async def test_may_send_the_form_in_parts(
        self, boundary: str, head: bytes, link: str, client: httpx.AsyncClient, reader: httpx.AsyncClient
    ) -> None:
        part = b"--x\r\n" + head + b"\r\n\r\nOne-Click\r\n--x--\r\n"
        headers = {"Content-Type": f"multipart/form-data; {boundary}"}
        answer = await client.post(link.removeprefix("https://tasks.example"), content=part, headers=headers)

        assert answer.status_code == 200
        assert not (await wants_by_mail(reader))["reminder"]

    @pytest.mark.parametrize(
        ("content_type", "content"),
        [
            ("application/x-www-form-urlencoded", b""),
            ("application/x-www-form-urlencoded", b"List-Unsubscribe=Two-Clicks"),
            ("application/x-www-form-urlencoded", b"\xff"),
            ("application/x-www-form-urlencoded", b"a=1&List-Unsubscribe=One-Click"),
            ("multipart/form-data", b"List-Unsubscribe=One-Click"),
            ("multipart/form-data; boundary=x", b"--x\r\n\r\nOne-Click\r\n--x--"),
            ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: \xff\r\n\r\nOne-Click\r\n--x--"),
            ("multipart/form-data; boundary=x", PART.replace(b"One-Click", b"Two-Clicks")),
            ("multipart/form-data; boundary=y", PART),
            ("multipart/form-data; boundary=x", PART.replace(b"List-", b"No-List-")),
            # What the library's reader of mails fails at.
            ("multipart/form-data; boundary=x", b'--x\nContent-Type: text/plain; charset="a\x00"\n\n\xff\n--x--'),
        ],
    )
    async def test_that_sends_anything_else_stops_nothing(
        self, content_type: str, content: bytes, link: str, client: httpx.AsyncClient, reader: httpx.AsyncClient
    ) -> None:
        answer = await client.post(
            link.removeprefix("https://tasks.example"), content=content, headers={"Content-Type": content_type}
        )

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/List-Unsubscribe")
        assert (await wants_by_mail(reader))["reminder"]

    @pytest.mark.parametrize("content", [_nest(1_000), b"--x\n\n" * 1_000, b" " * 2_049])
    async def test_that_sends_more_than_the_form_is_refused_unread(
        self, content: bytes, link: str, client: httpx.AsyncClient, reader: httpx.AsyncClient
    ) -> None:
        """Which a parser would take the stack for, or time, which is everybody's."""
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        answer = await client.post(link.removeprefix("https://tasks.example"), content=content, headers=headers)

        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/payload-too-large")
        assert (await wants_by_mail(reader))["reminder"]

    async def test_that_nests_as_many_parts_as_it_may_stops_nothing(
        self, link: str, client: httpx.AsyncClient
    ) -> None:
        content = _nest(40)
        assert len(content) <= MAX_BODY_BYTES
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        answer = await client.post(link.removeprefix("https://tasks.example"), content=content, headers=headers)

        assert answer.status_code == 422

    async def test_needs_the_token_in_the_query(self, link: str, client: httpx.AsyncClient) -> None:
        answer = await client.post(PATH, data=ONE_CLICK)

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/token")


class TestAPage:
    async def test_stops_the_kind_of_mail_by_the_token(
        self, link: str, client: httpx.AsyncClient, reader: httpx.AsyncClient
    ) -> None:
        answer = await client.post(PATH, json={"token": token_of(link)})

        assert (answer.status_code, answer.json()) == (200, {"kind": "reminder"})
        assert not (await wants_by_mail(reader))["reminder"]

    async def test_is_where_a_browser_is_led_to_which_changes_nothing(
        self, link: str, client: httpx.AsyncClient, reader: httpx.AsyncClient
    ) -> None:
        answer = await client.get(link.removeprefix("https://tasks.example"))

        assert (answer.status_code, answer.headers["Location"]) == (303, f"/unsubscribe?token={token_of(link)}")
        assert (await wants_by_mail(reader))["reminder"]

    async def test_is_on_this_site_whatever_the_token(self, client: httpx.AsyncClient) -> None:
        answer = await client.get(PATH, params={"token": "//evil.example/\r\nSet-Cookie: a=b&next=//"})

        location = urlsplit(answer.headers["Location"])
        assert (location.netloc, location.path, list(parse_qs(location.query))) == ("", "/unsubscribe", ["token"])
        assert "Set-Cookie" not in answer.headers

    @pytest.mark.parametrize("body", [{}, {"token": ""}, {"token": 1}, {"token": "a", "kind": "reminder"}, []])
    async def test_that_sends_no_token_is_told_so(self, body: Any, client: httpx.AsyncClient) -> None:
        assert (await client.post(PATH, json=body)).status_code == 422

    async def test_must_send_json(self, client: httpx.AsyncClient) -> None:
        assert (
            await client.post(PATH, content=b"token=a", headers={"Content-Type": "text/plain"})
        ).status_code == 415
        broken = await client.post(PATH, content=b"{", headers={"Content-Type": "application/json"})
        assert broken.status_code == 400


class TestADigest:
    async def test_has_a_link_that_leaves_reminders_alone(
        self,
        channel: MailChannel,
        mail_server: MailServer,
        user_id: UUID,
        client: httpx.AsyncClient,
        reader: httpx.AsyncClient,
    ) -> None:
        link = await take_link(channel, mail_server, user_id, make_digest())
        answer = await client.post(PATH, json={"token": token_of(link)})

        assert answer.json() == {"kind": "digest"}
        assert await wants_by_mail(reader) == {"reminder": True, "digest": False, "security": True}


class TestALink:
    async def test_works_again_and_again(
        self, link: str, client: httpx.AsyncClient, reader: httpx.AsyncClient
    ) -> None:
        revisions = []
        for _ in range(2):
            assert (await client.post(PATH, json={"token": token_of(link)})).status_code == 200
            revisions.append((await reader.get("/api/v1/me")).json()["revision"])
        assert revisions[0] == revisions[1]  # nothing was changed any more

        (await reader.patch(SETTINGS, json=BY_MAIL)).raise_for_status()
        assert (await client.post(PATH, json={"token": token_of(link)})).status_code == 200
        assert not (await wants_by_mail(reader))["reminder"]

    async def test_works_in_many_windows_at_once(
        self, link: str, client: httpx.AsyncClient, reader: httpx.AsyncClient
    ) -> None:
        answers = await asyncio.gather(*(client.post(PATH, json={"token": token_of(link)}) for _ in range(5)))

        assert {answer.status_code for answer in answers} == {200}
        assert not (await wants_by_mail(reader))["reminder"]

    async def test_leaves_all_else_that_was_chosen(
        self, link: str, client: httpx.AsyncClient, reader: httpx.AsyncClient
    ) -> None:
        choice = {"quiet_hours": {"start": "22:00", "end": "07:00"}, "daily_digest": {"time": "08:00"}}
        (await reader.patch(SETTINGS, json=choice)).raise_for_status()
        before = (await reader.get(SETTINGS)).json()
        await client.post(PATH, json={"token": token_of(link)})

        after = (await reader.get(SETTINGS)).json()
        before["channels"]["reminder"]["email"] = False
        assert after | {"revision": 0} == before | {"revision": 0}
        assert after["revision"] > before["revision"]

    async def test_of_an_account_that_was_erased_is_unknown(
        self, link: str, client: httpx.AsyncClient, reader: httpx.AsyncClient
    ) -> None:
        (await reader.delete("/api/v1/me")).raise_for_status()

        assert (await client.post(PATH, json={"token": token_of(link)})).status_code == 404


class TestAMadeUpToken:
    async def test_stops_nothing(
        self, link: str, client: httpx.AsyncClient, reader: httpx.AsyncClient, sign_in: SignIn, user_id: UUID
    ) -> None:
        token = UnsubscribeToken.parse(token_of(link))
        bob = await sign_in("bob@example.com")
        others_id = UUID((await bob.get("/api/v1/me")).json()["id"])
        made_up = [
            "x",
            token_of(link)[:-1],
            token_of(link) + "A",
            token_of(link).swapcase(),
            UnsubscribeToken(user_id, bytes(32)).encode(),
            UnsubscribeToken(user_id, token.proof[:-1] + bytes([token.proof[-1] ^ 1])).encode(),
            UnsubscribeToken(others_id, token.proof).encode(),  # who has no key
            UnsubscribeToken(UUID(int=1), token.proof).encode(),  # who does not exist
            UnsubscribeToken.mint(user_id, "security", b"").encode(),
        ]
        answers = [await client.post(PATH, json={"token": text}) for text in made_up]

        assert [answer.status_code for answer in answers] == [404] * len(made_up)
        assert len({answer.json()["detail"] for answer in answers}) == 1
        assert (await wants_by_mail(reader))["reminder"]

    async def test_for_mails_that_cannot_be_stopped_is_unknown_whoever_knows_the_key(
        self, link: str, client: httpx.AsyncClient, user_id: UUID, raw_database: RawDatabase
    ) -> None:
        settings = await raw_database["notification_settings"].find_one({"_id": user_id})
        assert settings is not None
        token = UnsubscribeToken.mint(user_id, "security", settings["unsubscribe_key"]).encode()

        assert (await client.post(PATH, json={"token": token})).status_code == 404
        control = UnsubscribeToken.mint(user_id, "reminder", settings["unsubscribe_key"]).encode()
        assert control == token_of(link)
