"""The secrets that docker-compose.yml mounts are made where they are missing, and the service takes them."""

import os
import ssl
import stat
import sys
from pathlib import Path

import pytest
from cryptography import x509

from app.core.signing_keys import load_signing_key
from tests.architecture.documents import ROOT
from tests.deploy.compose.servers import MAKE_SECRETS, Outcome, make_secrets, run
from tests.deploy.compose.stack import SHARDED, SITE_EXAMPLE, services
from tests.deploy.programs import require_program

# What each reader's program runs as in its image.
ACCOUNTS = {"api": 10001, "gateway": 101, "grafana": 472, "migrate": 10001, "mongo": 999, "worker": 10001}
# What loads settings as each of the commands does, and says nothing else.
LOAD = "from app.core.settings import load_settings; load_settings(is_serving={})"


def contents(directory: Path) -> dict[str, bytes]:
    """Return what is in all files."""
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def environment(name: str, secrets: Path, tmp_path: Path, *files: Path) -> dict[str, str]:
    """Return what a service is given, with its secrets where they are here."""
    service = services(*files)[name]
    [mounted] = [volume for volume in service["volumes"] if volume.endswith(":/run/secrets:ro")]
    place = secrets / Path(mounted.partition(":")[0]).name
    given = {
        variable: value.replace("/run/secrets", str(place)) for variable, value in service["environment"].items()
    }
    return given | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}


class TestMakingSecrets:
    async def test_makes_what_is_missing_and_nothing_anew(self, secrets: Path, tmp_path: Path) -> None:
        directory = tmp_path / "secrets"
        await make_secrets(directory)
        before = contents(directory)
        (directory / "gateway" / "tls.crt").write_text("of an authority")
        (directory / "api" / "mongo-url").unlink()

        outcome = await make_secrets(directory)

        assert outcome.status == 0
        assert outcome.output.splitlines() == [f"made {directory}/api/mongo-url"]
        assert contents(directory) == before | {"gateway/tls.crt": b"of an authority"}

    async def test_makes_other_ones_for_each_installation(self, secrets: Path, tmp_path: Path) -> None:
        await make_secrets(tmp_path / "other")
        ours, others = contents(secrets), contents(tmp_path / "other")
        assert ours.keys() == others.keys()
        assert {name for name in ours if ours[name] == others[name]} == {name for name in ours if not ours[name]}

    async def test_gives_each_file_to_its_reader_alone(self, secrets: Path) -> None:
        for path in secrets.rglob("*"):
            found = path.stat()
            assert stat.S_IMODE(found.st_mode) == (0o700 if path.is_dir() else 0o600)
            if os.geteuid() == 0:
                assert found.st_uid == ACCOUNTS[path.relative_to(secrets).parts[0]]

    async def test_closes_the_directories_that_the_engine_made(self, tmp_path: Path) -> None:
        for reader in ACCOUNTS:
            (tmp_path / reader).mkdir(mode=0o755)

        await make_secrets(tmp_path)

        assert {stat.S_IMODE((tmp_path / reader).stat().st_mode) for reader in ACCOUNTS} == {0o700}

    async def test_needs_no_capability_but_those_of_the_service(self, tmp_path: Path) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root has capabilities to do without")
        granted = ",".join(f"+{name.lower()}" for name in services()["secrets"]["cap_add"])
        restrained = (require_program("setpriv", "util-linux"), "--inh-caps=-all", f"--bounding-set=-all,{granted}")

        first = await run(*restrained, MAKE_SECRETS, tmp_path)
        (tmp_path / "worker" / "mongo-url").unlink()
        second = await run(*restrained, MAKE_SECRETS, tmp_path)

        assert (first.status, first.errors, second.status, second.errors) == (0, "", 0, "")
        assert second.output == f"made {tmp_path}/worker/mongo-url\n"
        assert (tmp_path / "worker" / "mongo-url").stat().st_uid == ACCOUNTS["worker"]

    async def test_has_what_every_service_reads(self, secrets: Path) -> None:
        assert {path.name for path in secrets.iterdir()} == ACCOUNTS.keys()

    async def test_makes_a_certificate_for_the_host(self, tmp_path: Path) -> None:
        await make_secrets(
            tmp_path, SITE_NAME="tasks.example.com", SITE_PROFILE="production", SITE_ADDRESS="192.0.2.1"
        )

        gateway = tmp_path / "gateway"
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(gateway / "tls.crt", gateway / "tls.key")
        certificate = x509.load_pem_x509_certificate((gateway / "tls.crt").read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert "tasks.example.com" in names.get_values_for_type(x509.DNSName)

    def test_makes_a_key_that_signs(self, secrets: Path) -> None:
        assert load_signing_key(secrets / "api" / "signing-key.pem").startswith("-----BEGIN PRIVATE KEY-----")

    def test_makes_one_key_of_web_pushes_for_all_who_need_it(self, secrets: Path) -> None:
        keys = {reader: secrets / reader / "vapid-key.pem" for reader in ACCOUNTS}

        assert {reader for reader, key in keys.items() if key.exists()} == {"api", "worker"}
        assert load_signing_key(keys["api"]) == load_signing_key(keys["worker"])
        assert load_signing_key(keys["api"]) != load_signing_key(secrets / "api" / "signing-key.pem")

    def test_has_the_mail_server_for_the_worker_alone(self, secrets: Path) -> None:
        assert [path.parent.name for path in secrets.rglob("smtp-url")] == ["worker"]
        given = {name for name, service in services().items() if "TASKFLEET_SMTP_URL" in str(service)}
        assert given == {"worker"}


class TestTheProfileThatLetsEverybodyIn:
    @pytest.mark.parametrize("address", ["192.0.2.1", "[::]", "localhost.example.com"])
    async def test_is_not_opened_to_others(self, tmp_path: Path, address: str) -> None:
        outcome = await make_secrets(tmp_path / "secrets", SITE_ADDRESS=address)

        assert outcome.status == 1
        assert "set SITE_PROFILE=production" in outcome.errors
        assert not (tmp_path / "secrets").exists()

    @pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "[::1]"])
    async def test_may_be_on_loopback(self, tmp_path: Path, address: str) -> None:
        assert (await make_secrets(tmp_path, SITE_ADDRESS=address)).status == 0


class TestTheSettingsOfAService:
    @pytest.mark.parametrize("files", [(), (SHARDED,), (SITE_EXAMPLE,)], ids=["plain", "sharded", "site"])
    @pytest.mark.parametrize(("name", "is_serving"), [("api-1", True), ("worker", False), ("migrate", False)])
    async def test_are_taken(
        self, secrets: Path, tmp_path: Path, name: str, is_serving: bool, files: tuple[Path, ...]
    ) -> None:
        outcome = await self._load(environment(name, secrets, tmp_path, *files), is_serving)
        assert outcome == Outcome(0, "", "")

    async def test_are_refused_where_one_is_wrong(self, secrets: Path, tmp_path: Path) -> None:
        wrong = environment("api-1", secrets, tmp_path) | {"TASKFLEET_MONGO_URL_FILE": str(tmp_path / "missing")}
        outcome = await self._load(wrong, is_serving=True)
        assert "TASKFLEET_MONGO_URL_FILE" in outcome.errors

    async def _load(self, variables: dict[str, str], is_serving: bool) -> Outcome:
        return await run(sys.executable, "-c", LOAD.format(is_serving), **variables)


class TestTheScript:
    def test_can_be_run(self) -> None:
        assert os.access(MAKE_SECRETS, os.X_OK)
