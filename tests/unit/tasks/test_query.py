"""What `GET /tasks` asks of MongoDB: which index, which conditions, where a page begins."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.api.pagination import InvalidCursorError
from app.tasks.collections import SORT_FIELDS, SORT_INDEXES, TASKS
from app.tasks.due import NEVER
from app.tasks.query import Place, TaskQuery

USER, TASK, LIST, PARENT = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
INSTANT = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
INDEXES = {index.name for index in TASKS.indexes}

KEYS = {"position": "a0", "due": INSTANT, "priority": 2, "created": INSTANT, "updated": INSTANT}


class TestTheChoiceOfIndex:
    @pytest.mark.parametrize("sort", SORT_FIELDS)
    def test_follows_the_sort(self, sort: str) -> None:
        assert TaskQuery(sort=sort).index_name == SORT_INDEXES[sort]

    def test_prefers_the_label_because_few_tasks_bear_it(self) -> None:
        query = TaskQuery(label="home", list_id=LIST, parent_id=PARENT)

        assert query.index_name == "label_by_position"

    @pytest.mark.parametrize("list_id", [LIST, "inbox"])
    def test_takes_the_list_by_position(self, list_id: UUID | str) -> None:
        assert TaskQuery(list_id=list_id).index_name == "list_by_position"

    def test_takes_the_parent_ahead_of_the_list(self) -> None:
        assert TaskQuery(list_id=LIST, parent_id=PARENT).index_name == "parent_by_position"

    @pytest.mark.parametrize("sort", sorted(SORT_FIELDS.keys() - {"position"}))
    def test_filters_list_parent_and_label_behind_every_other_sort(self, sort: str) -> None:
        query = TaskQuery(sort=sort, list_id=LIST, parent_id=PARENT, label="home")

        assert query.index_name == SORT_INDEXES[sort]

    def test_is_left_to_the_server_for_a_search(self) -> None:
        assert TaskQuery(search="milk", label="home").index_name is None

    @pytest.mark.parametrize("sort", SORT_FIELDS)
    @pytest.mark.parametrize("label", [None, "home"])
    @pytest.mark.parametrize("list_id", [None, LIST])
    @pytest.mark.parametrize("parent_id", [None, PARENT])
    def test_names_an_index_that_is_declared(
        self, sort: str, label: str | None, list_id: UUID | None, parent_id: UUID | None
    ) -> None:
        assert TaskQuery(sort=sort, label=label, list_id=list_id, parent_id=parent_id).index_name in INDEXES


class TestTheFilter:
    def test_names_user_trash_and_every_status_at_least(self) -> None:
        assert TaskQuery().to_filter(USER, None) == {
            "user_id": USER,
            "deleted": False,
            "status": {"$in": ["done", "in_progress", "todo"]},
        }

    def test_repeats_no_status(self) -> None:
        document = TaskQuery(statuses=["todo", "done", "todo"]).to_filter(USER, None)

        assert document["status"] == {"$in": ["done", "todo"]}

    @pytest.mark.parametrize("sort", sorted(SORT_FIELDS.keys() - {"position"}))
    def test_spells_the_statuses_out_where_an_index_holds_labels(self, sort: str) -> None:
        assert TaskQuery(sort=sort, statuses=["todo", "done"]).to_filter(USER, None) == {
            "user_id": USER,
            "$or": [{"deleted": False, "status": "done"}, {"deleted": False, "status": "todo"}],
        }

    @pytest.mark.parametrize(
        ("query", "conditions"),
        [
            (TaskQuery(is_deleted=True), {"deleted": True}),
            (TaskQuery(list_id=LIST), {"home": LIST}),
            (TaskQuery(list_id="inbox"), {"home": USER}),
            (TaskQuery(parent_id=PARENT), {"parent_id": PARENT}),
            (TaskQuery(label="home"), {"labels": "home"}),
            (TaskQuery(priority_min=3), {"priority": {"$gte": 3}}),
            (TaskQuery(due_before=INSTANT), {"due_order": {"$lt": INSTANT}}),
            (TaskQuery(due_after=INSTANT), {"due_order": {"$gte": INSTANT, "$lt": NEVER}}),
            (TaskQuery(due_after=INSTANT, due_before=NEVER), {"due_order": {"$gte": INSTANT, "$lt": NEVER}}),
        ],
    )
    def test_adds_what_is_asked_for(self, query: TaskQuery, conditions: dict[str, object]) -> None:
        assert conditions.items() <= query.to_filter(USER, None).items()

    def test_asks_nothing_of_the_priority_when_any_will_do(self) -> None:
        assert "priority" not in TaskQuery(priority_min=0).to_filter(USER, None)

    @pytest.mark.parametrize(
        "query",
        [TaskQuery(due_after=INSTANT), TaskQuery(due_before=NEVER.replace(microsecond=999_000))],
    )
    def test_leaves_out_tasks_without_a_due_date_when_a_range_is_asked_for(self, query: TaskQuery) -> None:
        assert query.to_filter(USER, None)["due_order"]["$lt"] == NEVER


class TestTheOrder:
    @pytest.mark.parametrize(("sort", "field"), SORT_FIELDS.items())
    def test_breaks_ties_by_id_in_the_same_direction(self, sort: str, field: str) -> None:
        assert TaskQuery(sort=sort).order == [(field, 1), ("_id", 1)]
        assert TaskQuery(sort=sort, is_descending=True).order == [(field, -1), ("_id", -1)]


class TestThePlaceOfANextPage:
    def test_is_a_range_of_the_index_for_each_status(self) -> None:
        query = TaskQuery(statuses=["todo", "done"])

        conditions = Place(7, "a0", TASK).to_filter(query, ["done", "todo"])

        assert conditions["$or"] == [
            {"deleted": False, "status": "done", "position": "a0", "_id": {"$gt": TASK}},
            {"deleted": False, "status": "done", "position": {"$gt": "a0"}},
            {"deleted": False, "status": "todo", "position": "a0", "_id": {"$gt": TASK}},
            {"deleted": False, "status": "todo", "position": {"$gt": "a0"}},
        ]

    def test_looks_the_other_way_when_the_order_is_descending(self) -> None:
        query = TaskQuery(sort="priority", is_descending=True)

        assert Place(7, 2, TASK).to_filter(query, ["todo"])["$or"] == [
            {"deleted": False, "status": "todo", "priority": 2, "_id": {"$lt": TASK}},
            {"deleted": False, "status": "todo", "priority": {"$lt": 2}},
        ]

    @pytest.mark.parametrize("sort", ["position", "due", "priority"])
    def test_leaves_out_what_got_another_place_since_the_walk_began(self, sort: str) -> None:
        conditions = Place(7, KEYS[sort], TASK).to_filter(TaskQuery(sort=sort), ["todo"])

        assert conditions["order_revision"] == {"$not": {"$gt": 7}}

    def test_leaves_out_what_was_updated_since_the_walk_began_when_that_is_the_order(self) -> None:
        conditions = Place(7, INSTANT, TASK).to_filter(TaskQuery(sort="updated"), ["todo"])

        assert conditions["revision"] == {"$lte": 7}

    def test_needs_no_such_care_when_the_order_never_changes(self) -> None:
        conditions = Place(7, INSTANT, TASK).to_filter(TaskQuery(sort="created"), ["todo"])

        assert conditions.keys() == {"$or"}

    def test_names_the_trash_in_its_branches_alone(self) -> None:
        """Beside them it would give MongoDB another way to carry the query out, by a walk from the beginning."""
        document = TaskQuery(is_deleted=True).to_filter(USER, Place(7, "a0", TASK))

        assert document.keys() == {"user_id", "$or", "order_revision"}
        assert all(branch["deleted"] is True for branch in document["$or"])

    def test_names_the_trash_beside_them_as_well_for_a_search_whose_index_begins_with_it(self) -> None:
        document = TaskQuery(search="milk").to_filter(USER, Place(7, "a0", TASK))

        assert document["deleted"] is False


class TestTheKeyOfACursor:
    @pytest.mark.parametrize("sort", SORT_FIELDS)
    def test_comes_back_as_the_place_it_was(self, sort: str) -> None:
        place = Place(7, KEYS[sort], TASK)

        assert Place.from_key(place.to_key(), TaskQuery(sort=sort)) == place

    @pytest.mark.parametrize(
        ("sort", "key"),
        [
            ("position", []),
            ("position", [7, "a0"]),
            ("position", [7, "a0", str(TASK), 1]),
            ("position", ["7", "a0", str(TASK)]),
            ("position", [7.0, "a0", str(TASK)]),
            ("position", [True, "a0", str(TASK)]),
            ("position", [None, "a0", str(TASK)]),
            ("position", [7, 0, str(TASK)]),
            ("position", [7, {"$gt": ""}, str(TASK)]),
            ("position", [7, None, str(TASK)]),
            ("position", [7, "a0", "x"]),
            ("position", [7, "a0", None]),
            ("position", [7, "a0", ["x"]]),
            ("priority", [7, "2", str(TASK)]),
            ("due", [7, "a0", str(TASK)]),
            ("due", [7, 2, str(TASK)]),
            ("created", [7, "2026-12-01", str(TASK)]),
            ("updated", [7, {}, str(TASK)]),
        ],
    )
    def test_is_refused_when_it_is_not_one_of_ours(self, sort: str, key: list[object]) -> None:
        with pytest.raises(InvalidCursorError):
            Place.from_key(key, TaskQuery(sort=sort))


class TestASearch:
    @pytest.mark.parametrize(
        ("text", "search"),
        [
            ("milk", '"milk"'),
            ("  buy   milk ", '"buy" "milk"'),
            ("-milk", '"milk"'),
            ("(milk, bread!)", '"milk" "bread"'),
            ("e-mail C++ दूध", '"e-mail" "C" "दूध"'),
            ("a की", '"a" "की"'),
            ("!!! - ...", ""),
            ('say "cheese please"', '"say" "cheese" "please"'),
            ("back\\slash", '"back" "slash"'),
            ('"', ""),
            ("\t\u00a0\n", ""),
            ("日本 語", '"日本" "語"'),
        ],
    )
    def test_quotes_every_word(self, text: str, search: str) -> None:
        assert TaskQuery(search=text).to_filter(USER, None)["$text"] == {"$search": search}
