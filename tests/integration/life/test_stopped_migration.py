"""`taskfleet migrate` that is told to end: the next one need not wait until its lease runs out."""

import signal
from typing import Any

from pymongo import MongoClient

from app.embedded.mongo import EmbeddedMongo
from tests.integration.life.test_early_signals import started
from tests.integration.local_stack.processes import wait_until

GRACE_SECONDS = 10
BLOCKED = {"failCommands": ["createIndexes"], "appName": "taskfleet", "blockConnection": True, "blockTimeMS": 2_000}


class TestAMigrationThatIsToldToEnd:
    def test_gives_its_lease_back(self, settings: dict[str, str], mongo: EmbeddedMongo) -> None:
        settings["TASKFLEET_MONGO_DATABASE"] += "-stopped"
        with MongoClient[dict[str, Any]](mongo.url) as client:
            leases = client[settings["TASKFLEET_MONGO_DATABASE"]]["leases"]
            client.admin.command({"configureFailPoint": "failCommand", "mode": "alwaysOn", "data": BLOCKED})
            try:
                with started(settings, "migrate") as process:
                    wait_until(lambda: leases.count_documents({}) == 1, "the migration is under way")
                    process.send_signal(signal.SIGTERM)
                    assert process.wait(GRACE_SECONDS) == 128 + signal.SIGTERM
            finally:
                client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})
            assert leases.count_documents({}) == 0
