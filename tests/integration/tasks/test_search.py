"""Full text search: every word must occur, in the title or in the notes."""

import httpx
import pytest

from tests.integration.tasks.calls import (
    act,
    add_list,
    add_task,
    add_tasks,
    delete_task,
    patch_task,
    titles,
    walk,
)


class TestASearch:
    async def test_finds_a_word_in_title_or_notes(self, ann: httpx.AsyncClient) -> None:
        await add_task(ann, "Buy milk")
        await add_task(ann, "Shopping", notes="- bread\n- *milk*\n")
        await add_task(ann, "Call mum")

        assert await titles(ann, q="milk") == ["Buy milk", "Shopping"]

    async def test_needs_every_word_to_occur_somewhere(self, ann: httpx.AsyncClient) -> None:
        await add_task(ann, "Buy milk")
        await add_task(ann, "Buy bread")
        await add_task(ann, "milk", notes="buy it")

        assert await titles(ann, q="buy milk") == ["Buy milk", "milk"]
        assert await titles(ann, q="milk  BUY ") == ["Buy milk", "milk"]
        assert await titles(ann, q="buy milk cheese") == []

    async def test_minds_neither_case_nor_accents(self, ann: httpx.AsyncClient) -> None:
        await add_tasks(ann, "Käse kaufen", "KASE KAUFEN", "Straße")

        assert await titles(ann, q="kase") == ["Käse kaufen", "KASE KAUFEN"]
        assert await titles(ann, q="KÄSE") == ["Käse kaufen", "KASE KAUFEN"]
        assert await titles(ann, q="straße") == ["Straße"]

    @pytest.mark.parametrize("word", ["молоко", "γάλα", "牛乳", "दूध", "the", "and", "it"])
    async def test_knows_words_of_every_language_and_skips_none(self, ann: httpx.AsyncClient, word: str) -> None:
        await add_tasks(ann, f"x {word} y", "another")

        assert await titles(ann, q=word) == [f"x {word} y"]

    async def test_takes_words_as_they_are(self, ann: httpx.AsyncClient) -> None:
        """Without stemming, which depends on the language."""
        await add_tasks(ann, "run", "running")

        assert await titles(ann, q="run") == ["run"]

    async def test_finds_what_a_word_was_changed_to(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, "milk")
        await patch_task(ann, task, title="cheese")

        assert await titles(ann, q="milk") == []
        assert await titles(ann, q="cheese") == ["cheese"]


class TestPunctuationInASearch:
    @pytest.mark.parametrize(
        "text",
        ["-milk", '"milk"', '"buy milk"', "milk -buy", '"', "\\", "milk\\", "$where", "{$gt: ''}", "'; --", "%"],
    )
    async def test_has_no_meaning_of_its_own(self, ann: httpx.AsyncClient, text: str) -> None:
        await add_tasks(ann, "bread", "cheese")

        assert await titles(ann, q=text) == []

    async def test_negates_nothing(self, ann: httpx.AsyncClient) -> None:
        await add_tasks(ann, "milk", "bread")

        assert "bread" not in await titles(ann, q="-milk")

    async def test_of_quotes_joins_no_words(self, ann: httpx.AsyncClient) -> None:
        await add_task(ann, "milk to buy")

        assert await titles(ann, q='"buy milk"') == ["milk to buy"]

    @pytest.mark.parametrize("text", ["milk,", "(milk)", "milk!", "milk, bread", "¿milk?", "„milk“", "milk & bread"])
    async def test_around_words_makes_no_difference(self, ann: httpx.AsyncClient, text: str) -> None:
        await add_tasks(ann, "Bread and milk", "x")

        assert await titles(ann, q=text) == ["Bread and milk"]

    @pytest.mark.parametrize("text", ["e-mail", "foo.bar", "C++", "it's", "a/b", "user@example.com", "#home", "3.14"])
    async def test_within_words_is_found(self, ann: httpx.AsyncClient, text: str) -> None:
        await add_tasks(ann, f"x {text} y", "another")

        assert await titles(ann, q=text) == [f"x {text} y"]

    @pytest.mark.parametrize("text", ["", " ", "\t\n", "!!!", "-", '"" ""', "...", "\u3000", "🧀"])
    async def test_alone_finds_nothing(self, ann: httpx.AsyncClient, text: str) -> None:
        await add_task(ann, "milk")

        assert await titles(ann, q=text) == []


class TestASearchWithFilters:
    async def test_finds_what_passes_all_of_them(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        home = await add_list(ann)
        await add_task(ann, "milk a", list_id=home["id"], labels=["x"], priority=2)
        await add_task(ann, "milk b", list_id=home["id"])
        await act(ann, await add_task(ann, "milk c"), "complete")
        await delete_task(ann, await add_task(ann, "milk d"))
        await add_task(bob, "milk e")

        assert await titles(ann, q="milk") == ["milk a", "milk b", "milk c"]
        assert await titles(ann, q="milk", list_id=home["id"]) == ["milk a", "milk b"]
        assert await titles(ann, q="milk", list_id="inbox") == ["milk c"]
        assert await titles(ann, q="milk", label="x") == ["milk a"]
        assert await titles(ann, q="milk", priority_min=1) == ["milk a"]
        assert await titles(ann, q="milk", status="done") == ["milk c"]
        assert await titles(ann, q="milk", deleted="true") == ["milk d"]

    @pytest.mark.parametrize("limit", [1, 2, 200])
    @pytest.mark.parametrize("sort", ["position", "-position", "priority", "-priority", "due", "created", "-updated"])
    async def test_comes_in_pages_in_the_order_asked_for(self, ann: httpx.AsyncClient, sort: str, limit: int) -> None:
        for number in range(7):
            due = {"date": f"2026-12-0{1 + number % 3}"} if number % 2 else None
            await add_task(ann, f"{'milk' if number < 5 else 'bread'} {number}", priority=number % 3, due=due)

        found = [task["id"] for task in await walk(ann, "/tasks", q="milk", sort=sort, limit=limit)]
        everything = await walk(ann, "/tasks", sort=sort)

        assert found == [task["id"] for task in everything if task["title"].startswith("milk")]
