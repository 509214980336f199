"""Which channels a user is told by, and when at the earliest."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notifications.kinds import (
    CHANNELS,
    CHOSEN_KINDS,
    DEFAULT_CHANNELS,
    KINDS,
    ChannelName,
    Kind,
    kind_of,
)
from app.notifications.preferences import Preferences
from app.notifications.quiet_hours import QuietHours
from app.notifications.representation import represent_choice

MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC)
NIGHT = QuietHours(time(22), time(7))

choices = st.dictionaries(st.sampled_from(CHOSEN_KINDS), st.frozensets(st.sampled_from(CHANNELS)))


class TestTheChannels:
    @given(chosen=choices)
    def test_are_those_that_were_chosen_and_the_usual_ones_of_the_rest(
        self, chosen: dict[Kind, frozenset[ChannelName]]
    ) -> None:
        preferences = Preferences(chosen=chosen)
        for kind in KINDS:
            told = preferences.channels_for(kind)
            assert told - {"email"} == chosen.get(kind, DEFAULT_CHANNELS[kind]) - {"email"}
            assert ("email" in told) == ("email" in chosen.get(kind, DEFAULT_CHANNELS[kind]) or kind == "security")

    @given(chosen=choices)
    def test_are_told_as_they_are(self, chosen: dict[Kind, frozenset[ChannelName]]) -> None:
        preferences = Preferences(chosen=chosen)
        switches = represent_choice(preferences)["channels"]
        assert switches.keys() == set(CHOSEN_KINDS)
        for kind in CHOSEN_KINDS:
            assert {name for name, is_on in switches[kind].items() if is_on} == preferences.channels_for(kind)

    def test_of_a_welcome_are_nobodys_choice(self) -> None:
        assert "welcome" not in CHOSEN_KINDS
        assert Preferences().channels_for("welcome") == {"email"}


class TestTheEarliestInstant:
    @pytest.mark.parametrize("kind", KINDS)
    def test_is_now_without_quiet_hours(self, kind: Kind) -> None:
        assert Preferences().earliest(kind, MIDNIGHT, "UTC") == MIDNIGHT

    @pytest.mark.parametrize(("kind", "hours"), [("reminder", 7), ("digest", 7), ("security", 0), ("welcome", 0)])
    def test_is_their_end_but_for_what_cannot_wait(self, kind: Kind, hours: int) -> None:
        preferences = Preferences(quiet_hours=NIGHT)
        assert preferences.earliest(kind, MIDNIGHT, "UTC") == MIDNIGHT + timedelta(hours=hours)
        # By the clocks of the user's zone: it is noon in Auckland.
        assert preferences.earliest(kind, MIDNIGHT, "Pacific/Auckland") == MIDNIGHT


class TestTheKindOfAnOccasion:
    @pytest.mark.parametrize("kind", KINDS)
    def test_is_what_stands_before_the_dot(self, kind: Kind) -> None:
        assert kind_of(kind) == kind_of(f"{kind}.something") == kind

    @pytest.mark.parametrize("occasion", ["", ".", "reminders", "pigeon.flown", "Security.new-device"])
    def test_is_none_of_one_that_this_version_does_not_know(self, occasion: str) -> None:
        with pytest.raises(ValueError, match="unknown kind"):
            kind_of(occasion)
