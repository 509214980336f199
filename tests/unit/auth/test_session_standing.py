"""What a presented refresh token is to its session."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from app.auth.refresh_tokens import RefreshToken
from app.auth.session_repository import SessionRecord
from app.auth.sessions import GRACE, Standing, judge
from tests.fakes.clock import START

SALT = bytes(32)
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
def first() -> RefreshToken:
    return RefreshToken.mint(uuid4(), uuid4())


@pytest.fixture
def fresh(first: RefreshToken) -> SessionRecord:
    """A session before its first rotation."""
    return SessionRecord(
        session_id=first.session_id,
        user_id=first.user_id,
        created_at=START,
        last_used_at=START,
        expires_at=START + timedelta(days=30),
        user_agent="",
        proof_hash=first.proof_hash,
        secret_hash=first.secret_hash,
        previous_hash=None,
        rotated_at=None,
        rotation_salt=None,
    )


@pytest.fixture
def rotated(fresh: SessionRecord, first: RefreshToken) -> SessionRecord:
    """The session after its first rotation, which took place at the start."""
    return replace(
        fresh,
        secret_hash=first.successor(SALT).secret_hash,
        previous_hash=first.secret_hash,
        rotated_at=START,
        rotation_salt=SALT,
    )


class TestTheCurrentToken:
    def test_is_current_until_the_session_expires(self, fresh: SessionRecord, first: RefreshToken) -> None:
        assert judge(fresh, first, START) is Standing.CURRENT
        assert judge(fresh, first, fresh.expires_at - MILLISECOND) is Standing.CURRENT
        assert judge(fresh, first, fresh.expires_at) is Standing.UNKNOWN

    def test_is_current_after_a_rotation(self, rotated: SessionRecord, first: RefreshToken) -> None:
        assert judge(rotated, first.successor(SALT), START + GRACE * 2) is Standing.CURRENT


class TestThePredecessor:
    def test_is_tolerated_for_ten_seconds_after_the_rotation(
        self, rotated: SessionRecord, first: RefreshToken
    ) -> None:
        assert timedelta(seconds=10) == GRACE
        assert judge(rotated, first, START) is Standing.PREDECESSOR
        assert judge(rotated, first, START + GRACE) is Standing.PREDECESSOR
        assert judge(rotated, first, START + GRACE + MILLISECOND) is Standing.REUSED

    def test_is_tolerated_by_a_replica_whose_clock_is_behind(
        self, rotated: SessionRecord, first: RefreshToken
    ) -> None:
        assert judge(rotated, first, START - timedelta(seconds=1)) is Standing.PREDECESSOR

    def test_is_the_immediate_one_alone(self, rotated: SessionRecord, first: RefreshToken) -> None:
        second = first.successor(SALT)
        third = replace(rotated, secret_hash=second.successor(SALT).secret_hash, previous_hash=second.secret_hash)
        assert judge(third, second, START) is Standing.PREDECESSOR
        assert judge(third, first, START) is Standing.REUSED


class TestAStranger:
    def test_is_unknown_without_a_session(self, first: RefreshToken) -> None:
        assert judge(None, first, START) is Standing.UNKNOWN

    def test_is_unknown_without_the_proof_even_with_the_secret(
        self, rotated: SessionRecord, first: RefreshToken
    ) -> None:
        for token in (first, first.successor(SALT)):
            assert judge(rotated, replace(token, proof=bytes(16)), START) is Standing.UNKNOWN

    def test_with_the_proof_and_another_secret_is_a_reuse(self, fresh: SessionRecord, first: RefreshToken) -> None:
        assert judge(fresh, replace(first, secret=bytes(32)), START) is Standing.REUSED

    def test_is_unknown_when_the_session_has_expired(self, rotated: SessionRecord, first: RefreshToken) -> None:
        assert judge(rotated, first, rotated.expires_at) is Standing.UNKNOWN
