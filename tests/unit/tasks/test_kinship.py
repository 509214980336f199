"""Who is at the top of a family of tasks, by itself."""

from hypothesis import given
from hypothesis import strategies as st

from app.tasks.portability.kinship import Kinship


def learn(parents: dict[str, str | None], most: int = 1000) -> Kinship:
    """Return what knows these tasks, each with its parent."""
    kinship = Kinship(most)
    for key, parent in parents.items():
        kinship.add(key, parent)
    kinship.settle()
    return kinship


def climb(parents: dict[str, str | None], key: str) -> str | None:
    """Return the top above a task the slow way: step by step; None where there is none."""
    for _ in range(len(parents)):
        parent = parents[key]
        if parent is None or parent not in parents:
            return key
        key = parent
    return None


class TestTheTop:
    @given(st.dictionaries(st.sampled_from("abcdefgh"), st.none() | st.sampled_from("abcdefghxy")))
    def test_is_where_climbing_step_by_step_ends(self, parents: dict[str, str | None]) -> None:
        kinship = learn(parents)

        for parent in parents.values():
            expected = climb(parents, parent) if parent in parents and parent is not None else None
            assert kinship.above(parent) == expected

    def test_of_a_long_chain_is_found_in_one_go(self) -> None:
        # Looking at each task again for each below it would take minutes.
        parents: dict[str, str | None] = {str(number): str(number + 1) for number in range(100_000)}

        assert learn(parents, 200_000).above("0") == "99999"

    def test_is_none_for_those_beyond_what_is_remembered(self) -> None:
        kinship = learn({"a": None, "b": None}, most=1)

        assert (kinship.above("a"), kinship.above("b")) == ("a", None)
