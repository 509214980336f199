"""What a process remembers of the answers that it has seen: the ones used last, within a bound."""

from uuid import UUID

from app.cache.near_answers import NearAnswer, NearAnswers
from app.cache.store import KnownAnswer

ANN, BOB = UUID(int=1), UUID(int=2)


class TestAnAnswer:
    def test_is_found_with_the_generation_that_it_belongs_to(self) -> None:
        near = NearAnswers()
        near.keep(ANN, b"/tasks", b"1.a", b"hers")

        assert near.find(ANN, b"/tasks") == NearAnswer(b"1.a", KnownAnswer(b"hers"))
        assert near.find(BOB, b"/tasks") is None
        assert near.find(ANN, b"/lists") is None

    def test_is_replaced_by_that_of_the_next_generation(self) -> None:
        near = NearAnswers()
        near.keep(ANN, b"/tasks", b"1.a", b"old")
        near.keep(ANN, b"/tasks", b"2.b", b"new")

        assert near.find(ANN, b"/tasks") == NearAnswer(b"2.b", KnownAnswer(b"new"))

    def test_can_be_dropped_more_than_once(self) -> None:
        near = NearAnswers()
        near.keep(ANN, b"/tasks", b"1.a", b"hers")
        near.drop(ANN, b"/tasks")
        near.drop(ANN, b"/tasks")

        assert near.find(ANN, b"/tasks") is None

    def test_keeps_what_its_reader_made_of_it(self) -> None:
        near = NearAnswers()
        near.keep(ANN, b"/tasks", b"1.a", b"hers")
        found = near.find(ANN, b"/tasks")
        assert found is not None
        found.answer.parsed = "made of it"

        again = near.find(ANN, b"/tasks")
        assert again is not None
        assert again.answer.parsed == "made of it"


class TestTheBound:
    def test_takes_those_that_were_not_used_for_longest(self) -> None:
        near = NearAnswers(max_bytes=100_000)
        for name in (b"a", b"b", b"c"):
            near.keep(ANN, name, b"1.a", b"x" * 15_000)
        near.find(ANN, b"a")
        near.keep(ANN, b"d", b"1.a", b"x" * 15_000)

        assert [name for name in (b"a", b"b", b"c", b"d") if near.find(ANN, name)] == [b"a", b"c", b"d"]

    def test_holds_however_often_the_same_is_kept(self) -> None:
        near = NearAnswers(max_bytes=100_000)
        for number in range(50):
            near.keep(ANN, b"a", b"%d.a" % number, b"x" * 15_000)
            near.keep(ANN, b"b", b"%d.a" % number, b"x" * 15_000)

        assert near.find(ANN, b"a")
        assert near.find(ANN, b"b")

    def test_refuses_what_is_larger_by_itself(self) -> None:
        near = NearAnswers(max_bytes=1_000)
        near.keep(ANN, b"a", b"1.a", b"x" * 15_000)

        assert near.find(ANN, b"a") is None
