"""Which of a host's addresses a connection is tried to."""

import pytest

from app.notifications.push.transport import choose_tried


class TestTheAddressesThatAreTried:
    @pytest.mark.parametrize(
        ("found", "tried"),
        [
            (["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"], ["2001:db8::1", "192.0.2.1"]),
            (["192.0.2.1", "192.0.2.2", "2001:db8::1"], ["192.0.2.1", "2001:db8::1"]),
            (["192.0.2.1", "2001:db8::1"], ["192.0.2.1", "2001:db8::1"]),
        ],
    )
    def test_are_the_first_of_each_family(self, found: list[str], tried: list[str]) -> None:
        assert choose_tried(found) == tried

    def test_are_the_first_two_where_there_is_one_family(self) -> None:
        assert choose_tried(["192.0.2.1", "192.0.2.2", "192.0.2.3"]) == ["192.0.2.1", "192.0.2.2"]

    def test_may_be_a_single_one(self) -> None:
        assert choose_tried(["192.0.2.1"]) == ["192.0.2.1"]
