"""Zones cut the key space into equal parts, and shards keep the zones that they have."""

import itertools

import pytest
from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.min_key import MinKey
from hypothesis import given
from hypothesis import strategies as st

from app.data.zones import (
    HASHES,
    LOWEST_HASH,
    Shard,
    ShardingError,
    ZoneRange,
    arrange_zones,
    assign_zones,
    equal_ranges,
)


def zones(count: int) -> list[str]:
    return [f"taskfleet-{number}" for number in range(count)]


def first_hash(each: ZoneRange) -> int:
    return LOWEST_HASH if each.lower["user_id"] == MinKey() else int(each.lower["user_id"])


def end(each: ZoneRange) -> int:
    return LOWEST_HASH + HASHES if each.upper["user_id"] == MaxKey() else int(each.upper["user_id"])


class TestTheRangesOfAnyNumberOfZones:
    @given(st.integers(1, 300))
    def test_begin_and_end_with_the_key_space(self, count: int) -> None:
        ranges = equal_ranges("user_id", zones(count))

        assert ranges[0].lower == {"user_id": MinKey()}
        assert ranges[-1].upper == {"user_id": MaxKey()}

    @given(st.integers(2, 300))
    def test_leave_no_gap_and_do_not_overlap(self, count: int) -> None:
        ranges = equal_ranges("user_id", zones(count))

        assert all(left.upper == right.lower for left, right in itertools.pairwise(ranges))

    @given(st.integers(1, 300))
    def test_are_equally_large(self, count: int) -> None:
        sizes = [end(each) - first_hash(each) for each in equal_ranges("user_id", zones(count))]

        assert sum(sizes) == HASHES
        assert max(sizes) - min(sizes) <= 1

    @given(st.integers(2, 300))
    def test_have_bounds_that_are_64_bit_integers_on_the_wire(self, count: int) -> None:
        bounds = [each.lower["user_id"] for each in equal_ranges("user_id", zones(count))[1:]]

        # A plain int that is small, such as the 0 between two zones, would go out with 32 bits.
        assert {type(bound) for bound in bounds} == {Int64}
        assert all(LOWEST_HASH <= bound < -LOWEST_HASH for bound in bounds)

    def test_take_the_zones_in_order(self) -> None:
        assert [each.zone for each in equal_ranges("_id", zones(3))] == zones(3)


def moved_share(before: list[str], after: list[str]) -> float:
    """The share of hashes that two layouts of equal ranges put into different zones."""
    olds, news = equal_ranges("user_id", before), equal_ranges("user_id", after)
    kept = sum(
        max(0, min(end(old), end(new)) - max(first_hash(old), first_hash(new)))
        for old in olds
        for new in news
        if old.zone == new.zone
    )
    return 1 - kept / HASHES


class TestZonesThatAreArrangedAnew:
    @given(st.integers(1, 40))
    def test_stay_as_they_are_when_their_number_does(self, count: int) -> None:
        order = zones(count)[::2] + zones(count)[1::2]

        assert arrange_zones(zones(count), equal_ranges("user_id", order)) == order

    @given(st.integers(1, 40))
    def test_move_half_of_the_users_when_their_number_doubles(self, count: int) -> None:
        after = arrange_zones(zones(2 * count), equal_ranges("user_id", zones(count)))

        assert moved_share(zones(count), after) == pytest.approx(0.5)

    @given(st.integers(2, 40))
    def test_move_a_third_of_the_users_at_most_when_a_shard_joins(self, count: int) -> None:
        after = arrange_zones(zones(count + 1), equal_ranges("user_id", zones(count)))

        assert sorted(after) == sorted(zones(count + 1))
        assert moved_share(zones(count), after) <= 1 / 3 + 1e-9
        # By number the new zone would come last, and half of the users would move.
        assert moved_share(zones(count), zones(count + 1)) == pytest.approx(0.5)

    def test_are_in_the_order_of_their_numbers_where_nothing_is_known(self) -> None:
        ranges = [
            ZoneRange("europe", {"user_id": MinKey()}, {"user_id": MaxKey()}),
            ZoneRange("taskfleet-1", {"name": "a"}, {"name": "z"}),
        ]

        assert arrange_zones(zones(3), ranges) == zones(3)


class TestZonesOfShards:
    def test_are_numbered_by_the_shards_names_at_first(self) -> None:
        assert assign_zones([Shard("b"), Shard("a")]) == {"a": "taskfleet-0", "b": "taskfleet-1"}

    def test_stay_where_they_are_when_a_shard_joins_whose_name_comes_first(self) -> None:
        shards = [Shard("a"), Shard("b", ("taskfleet-0",)), Shard("c", ("taskfleet-1",))]

        assert assign_zones(shards) == {"b": "taskfleet-0", "c": "taskfleet-1", "a": "taskfleet-2"}

    def test_fill_the_gap_that_a_removed_shard_left(self) -> None:
        assert assign_zones([Shard("a", ("taskfleet-1",)), Shard("b")]) == {"b": "taskfleet-0", "a": "taskfleet-1"}

    def test_are_not_those_of_a_shard_that_is_being_removed(self) -> None:
        assert assign_zones([Shard("b")], [Shard("a", ("taskfleet-0",))]) == {"b": "taskfleet-1"}

    def test_are_in_the_order_of_their_numbers_and_not_of_their_letters(self) -> None:
        shards = [Shard("a", ("taskfleet-10",)), Shard("b", ("taskfleet-9",))]

        assert [*assign_zones(shards).values()] == ["taskfleet-9", "taskfleet-10"]

    def test_leave_zones_that_others_made_alone(self) -> None:
        assert assign_zones([Shard("a", ("europe", "taskfleet-x"))]) == {"a": "taskfleet-0"}

    @pytest.mark.parametrize(
        "shards",
        [
            [Shard("a", ("taskfleet-0",)), Shard("b", ("taskfleet-0",))],
            [Shard("a", ("taskfleet-0", "taskfleet-1"))],
        ],
        ids=["one zone on two shards", "two zones on one shard"],
    )
    def test_are_refused_unless_they_match_one_to_one(self, shards: list[Shard]) -> None:
        with pytest.raises(ShardingError, match="removeShardFromZone"):
            assign_zones(shards)
