"""Ids are version 7 UUIDs (RFC 9562, section 5.7)."""

from datetime import UTC, datetime, timedelta

from app.core.ids import first_id, new_id

NOW = datetime(2026, 11, 23, 12, 0, 0, 123_000, tzinfo=UTC)


class TestANewId:
    def test_has_version_7_and_the_variant_of_the_rfc(self) -> None:
        for _ in range(200):
            made = new_id(NOW)
            assert made.version == 7
            assert str(made)[19] in "89ab"

    def test_begins_with_the_milliseconds_of_its_instant(self) -> None:
        assert new_id(NOW).int >> 80 == 1_795_435_200_123

    def test_sorts_by_the_instant_it_was_made_at(self) -> None:
        made = [new_id(NOW + timedelta(milliseconds=step)) for step in range(500)]

        assert made == sorted(made)
        assert [str(each) for each in made] == sorted(str(each) for each in made)
        assert [each.bytes for each in made] == sorted(each.bytes for each in made)

    def test_is_another_one_each_time_within_one_millisecond(self) -> None:
        assert len({new_id(NOW) for _ in range(20_000)}) == 20_000

    def test_varies_in_all_its_random_bits(self) -> None:
        # A bit that never changed in 500 draws would be a fixed one (the odds of a false alarm are 2 ** -499).
        seen_set = seen_clear = 0
        for _ in range(500):
            value = new_id(NOW).int
            seen_set |= value
            seen_clear |= ~value
        varying = seen_set & seen_clear & ((1 << 128) - 1)
        assert varying.bit_count() == 74


class TestTheFirstIdOfAnInstant:
    def test_parts_what_was_made_then_or_later_from_what_was_made_before(self) -> None:
        first = first_id(NOW)
        for _ in range(200):
            assert new_id(NOW - timedelta(milliseconds=1)).bytes < first.bytes <= new_id(NOW).bytes

    def test_has_version_7(self) -> None:
        assert (first_id(NOW).version, first_id(NOW).variant) == (7, new_id(NOW).variant)
