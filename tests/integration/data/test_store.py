"""The data layer as a whole, on a real server."""

from app.data.store import Store


class TestAStoreOnARunningServer:
    async def test_is_ready(self, store: Store) -> None:
        assert await store.is_ready_within(5)

    async def test_finds_an_empty_database(self, store: Store) -> None:
        assert await store.database.collection("users").find({"_id": 1}).to_list(None) == []
