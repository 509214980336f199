"""JSON Merge Patch, by the examples of RFC 7396."""

import copy
from typing import Any

import pytest

from app.api.merge_patch import apply_merge_patch

# RFC 7396, appendix A: original, patch, result.
EXAMPLES = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


class TestAMergePatch:
    @pytest.mark.parametrize(("original", "patch", "result"), EXAMPLES)
    def test_does_what_the_appendix_says(self, original: Any, patch: Any, result: Any) -> None:
        assert apply_merge_patch(original, patch) == result

    @pytest.mark.parametrize(("original", "patch", "result"), EXAMPLES)
    def test_leaves_what_it_was_given_as_it_was(self, original: Any, patch: Any, result: Any) -> None:
        kept = copy.deepcopy((original, patch))

        apply_merge_patch(original, patch)

        assert (original, patch) == kept

    def test_changes_nothing_when_it_is_empty(self) -> None:
        assert apply_merge_patch({"a": {"b": 1}}, {}) == {"a": {"b": 1}}
