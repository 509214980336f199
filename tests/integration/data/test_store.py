"""The data layer as a whole, on a real server."""

from pydantic import SecretStr
from structlog.testing import capture_logs

from app.core.clock import SystemClock
from app.core.settings import Settings
from app.data.store import Store


class TestAStoreOnARunningServer:
    async def test_is_ready(self, store: Store) -> None:
        assert await store.is_ready_within(5)

    async def test_finds_an_empty_database(self, store: Store) -> None:
        assert await store.database.collection("users").find({"_id": 1}).to_list(None) == []


class TestAStoreThatIsNotReady:
    async def test_says_why_and_tells_no_password(self, settings: Settings) -> None:
        url = settings.mongo.url.get_secret_value().replace("://", "://taskfleet:hunter2@")
        store = Store.open(settings.mongo.model_copy(update={"url": SecretStr(url)}), SystemClock())
        with capture_logs() as logs:
            assert not await store.is_ready_within(5)
        await store.close()

        (line,) = logs
        assert (line["event"], line["log_level"]) == ("database_not_ready", "warning")
        # MongoDB's number for a wrong password (AuthenticationFailed).
        assert set(line["servers"].values()) == {"Unknown, OperationFailure 18"}
        assert all(address in settings.mongo.url.get_secret_value() for address in line["servers"])
        assert "hunter2" not in repr(line)
