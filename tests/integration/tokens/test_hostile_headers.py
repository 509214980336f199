"""Headers with tokens that nobody made: each is refused, quickly, most without a look at the database."""

import time
from collections.abc import Callable

import httpx
import pytest

from app.core.personal_tokens import PersonalToken
from tests.architecture.inspection import Inspection
from tests.factories.users import insert_user
from tests.integration.api.problem_shape import assert_problem
from tests.integration.tokens.conftest import TASKS, RawDatabase, bearer, make_token

# Changes to a good token after which it is none.
DAMAGED: dict[str, Callable[[str], str]] = {
    "nothing but the prefix": lambda good: good[:3],
    "no prefix": lambda good: good[3:],
    "another prefix": lambda good: "tg_" + good[3:],
    "a prefix in capitals": lambda good: good.upper(),
    "other letters": lambda good: good[:3] + good[3:].swapcase(),
    "its first half": lambda good: good[:49],
    "one character less": lambda good: good[:-1],
    "one character more": lambda good: good + "0",
    "twice": lambda good: good + good,
    "twice with a space": lambda good: f"{good} {good}",
    "two with a comma": lambda good: f"{good}, Bearer {good}",
    "another last character": lambda good: good[:-1] + ("0" if good[-1] != "0" else "1"),
    "another first character": lambda good: "tf_" + ("0" if good[3] != "0" else "1") + good[4:],
    "an underscore within": lambda good: good[:40] + "_" + good[41:],
    "a space within": lambda good: good[:40] + " " + good[41:],
    "a tabulator within": lambda good: good[:40] + "\t" + good[41:],
    "letters of Latin-1": lambda good: good[:40] + "é" + good[41:],
    "in quotes": lambda good: f'"{good}"',
    "percent-encoded": lambda good: good.replace("_", "%5F"),
    "zeros": lambda _: "tf_" + "0" * 92,
    "the largest number": lambda _: "tf_" + "z" * 92,
    "8 KB": lambda _: "tf_" + "x" * 8_192,
    "60 KB": lambda _: "tf_" + "9" * 60_000,
    "as a user name": lambda good: f"{good}:",
    "in a JWT": lambda good: f"{good}.{good}.{good}",
}

# Headers that hold a good token in a way that is none.
MISPLACED: dict[str, Callable[[str], str]] = {
    "no scheme": lambda good: good,
    "Basic": lambda good: f"Basic {good}",
    "Token": lambda good: f"token {good}",
    "no space": lambda good: f"Bearer{good}",
    "a colon": lambda good: f"Bearer: {good}",
    "a tabulator": lambda good: f"Bearer\t{good}",
}


class TestAHostileHeader:
    @pytest.mark.parametrize("name", DAMAGED)
    async def test_with_a_damaged_token_is_refused_without_a_look_at_the_database(
        self, name: str, ann: httpx.AsyncClient, inspection: Inspection
    ) -> None:
        damaged = DAMAGED[name]((await make_token(ann))["secret"])
        inspection.forget()
        started = time.process_time()
        answer = await ann.get(TASKS, headers={"Authorization": f"Bearer {damaged}".encode("latin-1")})

        assert time.process_time() - started < 1
        assert_problem(answer, 401)
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert damaged not in answer.text
        assert not inspection.operations

    @pytest.mark.parametrize("name", MISPLACED)
    async def test_with_a_token_in_the_wrong_place_is_refused(
        self, name: str, ann: httpx.AsyncClient, inspection: Inspection
    ) -> None:
        header = MISPLACED[name]((await make_token(ann))["secret"])
        inspection.forget()
        answer = await ann.get(TASKS, headers={"Authorization": header})

        assert_problem(answer, 401)
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_request"'
        assert not inspection.operations

    async def test_is_what_makes_the_difference(self, ann: httpx.AsyncClient, inspection: Inspection) -> None:
        """The control: the token is good, and is looked up."""
        good = (await make_token(ann))["secret"]
        inspection.forget()

        assert (await ann.get(TASKS, headers=bearer(good))).status_code == 200
        assert "api_tokens" in {operation.collection for operation in inspection.operations}

    async def test_is_not_outdone_by_a_good_cookie(self, ann: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
        headers = {"Authorization": "Bearer tf_", "Cookie": f"access={ann.headers['Authorization'][7:]}"}

        assert (await client.get(TASKS, headers=headers)).status_code == 401


class TestATokenThatOnlyLooksGood:
    async def test_costs_the_same_whatever_is_wrong_with_it(
        self, ann: httpx.AsyncClient, client: httpx.AsyncClient, raw_database: RawDatabase, inspection: Inspection
    ) -> None:
        """Nobody learns from it which users and tokens there are."""
        good = PersonalToken.parse((await make_token(ann))["secret"])
        stranger = await insert_user(raw_database)
        forged = {
            "another secret": PersonalToken.mint(good.user_id, good.token_id),
            "another token": PersonalToken.mint(good.user_id, stranger),
            "a user without tokens": PersonalToken.mint(stranger, good.token_id),
            "nobody": PersonalToken.mint(good.token_id, good.user_id),
        }
        seen = {}
        for name, token in forged.items():
            for _ in range(2):  # no answer is remembered
                inspection.forget()
                answer = await client.get(TASKS, headers=bearer(token.encode()))
                looks = sorted((operation.name, operation.collection) for operation in inspection.operations)
                problem = assert_problem(answer, 401)
                seen[name] = (looks, problem["detail"], answer.headers["WWW-Authenticate"])

        assert seen == dict.fromkeys(forged, seen["nobody"])
        assert seen["nobody"][0] == [("find", "api_tokens"), ("find", "users")]
