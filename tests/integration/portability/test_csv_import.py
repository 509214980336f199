"""Importing CSV: what was exported comes back, and so does what people write themselves."""

import httpx
import pytest

from tests.integration.portability.calls import EXPORT, export, import_all, send, without_ids
from tests.integration.tasks.calls import add_list, add_task, expect, expect_problem, patch_task


class TestAnExportedFile:
    async def test_comes_into_an_empty_account_as_it_was(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient
    ) -> None:
        home = await add_list(ann, "Home")
        await add_list(ann, "Home")  # which has no tasks, and so is not in the file
        parent = await add_task(
            ann,
            "=1+1",
            notes="'@x\r\nsecond, line",
            list_id=home["id"],
            labels=["a,b", 'c"d'],
            due={"date": "2026-12-01", "time": "09:30", "timezone": "Europe/Paris"},
            reminders=[{"minutes_before": 5}],
        )
        await add_task(ann, "'quoted", parent_id=parent["id"])
        await patch_task(ann, await add_task(ann, "-done", priority=2), status="done")
        content = (await ann.get(EXPORT, params={"format": "csv"})).content

        await import_all(bob, content, format="csv")

        exported, imported = await export(ann), await export(bob)
        assert without_ids({**imported, "lists": []})["tasks"] == without_ids({**exported, "lists": []})["tasks"]
        assert [document["name"] for document in imported["lists"]] == ["Home"]


class TestAFileThatSomebodyWrote:
    async def test_needs_no_column_but_the_title(self, ann: httpx.AsyncClient) -> None:
        await import_all(ann, b"title\nBuy milk\n", format="csv")

        (task,) = (await export(ann))["tasks"]
        assert (task["title"], task["status"], task["list_id"]) == ("Buy milk", "todo", None)

    async def test_may_begin_with_a_row_that_is_too_short(self, ann: httpx.AsyncClient) -> None:
        report = expect(await send(ann, b"notes,title\nfoo\nbar,x\n", format="csv"))

        assert (report["tasks"]["created"], report["errors"][0]["line"]) == (1, 2)

    async def test_may_have_cells_as_long_as_a_row(self, ann: httpx.AsyncClient) -> None:
        content = b"title,notes\nlong," + b"x" * 1_000_000 + b"\nshort,\n"

        report = expect(await send(ann, content, format="csv"))

        assert report["tasks"] == {"created": 1, "skipped": 0, "failed": 1}
        assert report["errors"][0]["line"] == 2

    @pytest.mark.parametrize("delimiter", [";", "\t"])
    async def test_may_have_another_delimiter(self, ann: httpx.AsyncClient, delimiter: str) -> None:
        await import_all(ann, f"title{delimiter}list\r\nMilk, fresh{delimiter}Shop\r\n".encode(), format="csv")

        exported = await export(ann)
        assert exported["tasks"][0]["title"] == "Milk, fresh"
        assert exported["lists"][0]["name"] == "Shop"

    async def test_has_its_faults_told_by_line(self, ann: httpx.AsyncClient) -> None:
        content = b'title,due_date,reminders\n"two\nlines",,\nx,tomorrow,\ny,,nonsense\nz,,,surplus\n,,\n'

        report = expect(await send(ann, content, format="csv"))

        assert report["tasks"] == {"created": 1, "skipped": 0, "failed": 4}
        assert [error["line"] for error in report["errors"]] == [4, 5, 6, 7]

    @pytest.mark.parametrize(
        ("content", "line"),
        [
            (b"name\nx\n", 1),
            (b"title,title\nx,y\n", 1),
            (b"notes\nx\n", 1),
            (b"title,foo\nx\ny,z\n", 1),
            (b"foo,bar\n", 1),
            (b"title\n\xff\n", 2),
            (b"title\na\x00b\n", 2),
            (b'title\n"never closed\n', 2),
            (b'title\n"a"b\n', 2),
            (b"title\n" + b"x" * 1_100_000, 2),
            (b'title\n"' + b"x\n" * 600_000, None),
            ("title\nx\n".encode("utf-16"), 1),
        ],
        ids=[
            *("unknown column", "column twice", "no title", "unknown column ahead of a short row", "no rows"),
            *("no UTF-8", "NUL", "open quote", "text behind a quote"),
            *("long line", "long row", "UTF-16"),
        ],
    )
    async def test_is_refused_as_a_whole_where_it_is_no_csv(
        self, ann: httpx.AsyncClient, content: bytes, line: int | None
    ) -> None:
        problem = expect_problem(await send(ann, content, format="csv"), 422, "import-unreadable")

        if line is not None:
            assert problem["errors"][0]["line"] == line
        assert (await export(ann))["tasks"] == []

    async def test_may_begin_with_a_byte_order_mark(self, ann: httpx.AsyncClient) -> None:
        await import_all(ann, b"\xef\xbb\xbftitle\nx\n", format="csv")
