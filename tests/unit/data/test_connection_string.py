"""What the address of MongoDB may say."""

import pytest

from app.core.settings import SettingsError
from app.data.connection_string import check_connection_string

SECRET = "hunter2"
HOST = f"mongodb://ann:{SECRET}@db"


def refusal(url: str, *, is_local: bool = False) -> str:
    with pytest.raises(SettingsError) as caught:
        check_connection_string(url, is_local=is_local)
    message = str(caught.value)
    assert message.startswith("TASKFLEET_MONGO_URL")
    assert "\n" not in message
    assert SECRET not in message
    return message


class TestAnAddressThatIsSafe:
    @pytest.mark.parametrize(
        "url",
        [
            "mongodb://127.0.0.1:27017/?replicaSet=taskfleet",
            f"{HOST},db-2,db-3/?replicaSet=taskfleet&authSource=admin",
            f"{HOST}/?w=majority&retryWrites=true&journal=true&tls=true",
            f"{HOST}/?readPreference=secondary&readPreferenceTags=use:reads",
            "mongodb+srv://cluster.example.net/?w=majority",
            "mongodb+srv://cluster.example.net",
        ],
    )
    def test_is_taken_without_asking_anybody(self, url: str) -> None:
        check_connection_string(url, is_local=False)


class TestAnAddressThatIsUnsafe:
    @pytest.mark.parametrize(
        ("option", "named"),
        [
            ("tls=true&tlsInsecure=true", "tlsInsecure"),
            ("tls=true&tlsAllowInvalidCertificates=true", "tlsAllowInvalidCertificates"),
            ("tls=true&tlsAllowInvalidHostnames=true", "tlsAllowInvalidHostnames"),
            ("w=0", "w and journal"),
            ("w=1", "w and journal"),
            ("journal=false", "w and journal"),
            ("retryWrites=false", "retryWrites"),
            ("directConnection=true", "directConnection"),
        ],
    )
    def test_is_refused_in_production_alone(self, option: str, named: str) -> None:
        assert named in refusal(f"{HOST}/?{option}")
        check_connection_string(f"{HOST}/?{option}", is_local=True)

    def test_is_refused_by_its_options_where_hosts_come_from_the_dns(self) -> None:
        assert "w and journal" in refusal("mongodb+srv://cluster.example.net/?w=1")


class TestWhatIsNoAddress:
    @pytest.mark.parametrize("is_local", [True, False])
    @pytest.mark.parametrize(
        "url",
        [
            "",
            "mongodb://",
            f"postgres://ann:{SECRET}@db",
            f"mongodb://ann:{SECRET}/2@db",
            f"mongodb://ann:{SECRET}@db:port",
            f"mongodb://db/?wtimeoutMS={SECRET}",
            f"mongodb+srv://db/?wtimeoutMS={SECRET}",
        ],
    )
    def test_is_refused_without_repeating_it(self, url: str, is_local: bool) -> None:
        assert "no connection string" in refusal(url, is_local=is_local)
