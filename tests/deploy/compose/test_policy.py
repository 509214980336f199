"""docker-compose.yml keeps the rules of an installation that others can reach."""

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from app import __version__
from app.core.settings import PREFIX, Settings, SettingsGroup
from app.serving import END_SECONDS
from tests.architecture.documents import ROOT
from tests.deploy.compose.stack import (
    COMPOSE_FILE,
    SHARDED,
    SITE_EXAMPLE,
    VARIABLE,
    Service,
    load,
    mounts,
    read_seconds,
    read_size,
    runs_once,
    services,
)

SERVICES = services()
OURS = ("taskfleet", "taskfleet-gateway")
DATABASES = {"mongo", "config", "shard-2", "mongos", "cache"}
EACH = pytest.mark.parametrize("name", sorted(SERVICES))

# For a machine that is slow to end a process.
SPARE_SECONDS = 5

OPEN = "is open to others without being told so"


def known_settings() -> frozenset[str]:
    """Return the variables that the service takes."""
    groups = (cast("type[SettingsGroup]", field.annotation) for field in Settings.model_fields.values())
    return frozenset().union(*(group.variables() for group in groups))


def known_gateway_settings() -> frozenset[str]:
    """Return the variables that nginx/render takes."""
    text = (ROOT / "nginx" / "render").read_text(encoding="utf-8")
    assignments = re.findall(r'^known="?.*$', text.replace("known='", 'known="'), re.MULTILINE)
    return frozenset(re.findall(r"GATEWAY_[A-Z_]+", " ".join(assignments)))


def offences(name: str, service: Service) -> Iterator[str]:
    """Tell what is wrong with a service."""
    image = service["image"]
    if image.startswith(OURS):
        if not image.endswith(f":{__version__}"):
            yield "another version than ours"
    elif not re.fullmatch(r"[a-z./-]+:v?\d+\.\d+\.\d+[a-z-]*@sha256:[0-9a-f]{64}", image):
        yield "no exact image"
    if service.get("read_only") is not True:
        yield "writes to its file system"
    if service.get("cap_drop") != ["ALL"] or (service.get("cap_add") and name != "secrets"):
        yield "has capabilities"
    if service.get("security_opt") != ["no-new-privileges:true"]:
        yield "may gain privileges"
    if service.get("privileged") or service.get("pid") or service.get("ipc") or service.get("network_mode") == "host":
        yield "is not confined"
    yield from _offences_of_means(service)
    yield from _offences_of_networks(name, service)


def _offences_of_means(service: Service) -> Iterator[str]:
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    if limits.keys() != {"cpus", "memory", "pids"}:
        yield "has no limits"
    if service.get("logging", {}).get("options", {}).keys() != {"max-size", "max-file"}:
        yield "fills the disk with its log"
    if "stop_grace_period" not in service:
        yield "has no time to end"
    if not runs_once(service):
        if service.get("restart") != "unless-stopped":
            yield "stays down"
        if not {"test", "interval", "timeout", "retries", "start_period"} <= service.get("healthcheck", {}).keys():
            yield "tells nobody how it is"


def _offences_of_networks(name: str, service: Service) -> Iterator[str]:
    published, networks = service.get("ports", []), service.get("networks", [])
    if name in DATABASES and (published or networks != ["back"]):
        yield "is a database that others reach"
    elif not all(port.startswith("127.0.0.1:") for port in published):
        yield OPEN


class TestAService:
    @EACH
    def test_keeps_the_rules(self, name: str) -> None:
        assert list(offences(name, SERVICES[name])) == []

    @EACH
    def test_waits_for_services_that_there_are(self, name: str) -> None:
        profiles = SERVICES[name].get("profiles", [])
        for other, condition in SERVICES[name].get("depends_on", {}).items():
            needed = condition.get("required", True)
            assert SERVICES[other].get("profiles", profiles) == profiles or not needed
            once = condition["condition"] == "service_completed_successfully"
            assert once == runs_once(SERVICES[other])

    @EACH
    def test_that_ends_is_awaited_by_another(self, name: str) -> None:
        # `up --wait` takes the end of a container for a failure, unless another service waits for just that.
        if runs_once(SERVICES[name]):
            waiting = (service.get("depends_on", {}).get(name, {}) for service in SERVICES.values())
            assert "service_completed_successfully" in {found.get("condition") for found in waiting}

    @EACH
    def test_gets_secrets_as_files_alone(self, name: str) -> None:
        for variable, value in SERVICES[name].get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|_KEY|MONGO_URL|SMTP_URL|DSN|PROVIDERS", variable):
                assert value.startswith("/run/secrets/")

    @EACH
    def test_reads_the_secrets_of_one_reader_alone(self, name: str) -> None:
        secrets = [mount for mount in mounts(SERVICES[name]) if "/secrets" in mount[0]]
        if name == "secrets":
            assert secrets == [("./docker/secrets", "/secrets", True)]
        else:
            assert len(secrets) <= 1
            assert all(re.fullmatch(r"\./docker/secrets/[a-z]+", source) for source, _, _ in secrets)
            assert not any(can_write for _, _, can_write in secrets)

    @EACH
    def test_mounts_files_that_exist(self, name: str) -> None:
        sources = [source for source, _, _ in mounts(SERVICES[name]) if source.startswith("./")]
        for source in sources:
            assert source.startswith("./docker/secrets") or (ROOT / source).exists()
        volumes = [source for source, _, _ in mounts(SERVICES[name]) if not source.startswith("./")]
        assert set(volumes) <= load()["volumes"].keys()

    @EACH
    def test_has_a_place_for_temporary_files(self, name: str) -> None:
        places = [*SERVICES[name].get("tmpfs", []), *(target for _, target, _ in mounts(SERVICES[name]))]
        assert "/tmp" in places  # noqa: S108


class TestTheRules:
    @pytest.mark.parametrize(
        ("name", "change", "offence"),
        [
            ("mongo", lambda service: service.update(ports=["27017:27017"]), "is a database that others reach"),
            ("mongo", lambda service: service.update(image="mongo:8"), "no exact image"),
            ("api-1", lambda service: service.update(image="taskfleet:latest"), "another version than ours"),
            ("api-1", lambda service: service.update(read_only=False), "writes to its file system"),
            ("api-1", lambda service: service.update(cap_add=["NET_ADMIN"]), "has capabilities"),
            ("api-1", lambda service: service.pop("security_opt"), "may gain privileges"),
            ("api-1", lambda service: service.update(network_mode="host"), "is not confined"),
            ("cache", lambda service: service.pop("healthcheck"), "tells nobody how it is"),
            ("cache", lambda service: service.pop("deploy"), "has no limits"),
            ("cache", lambda service: service.pop("logging"), "fills the disk with its log"),
            ("cache", lambda service: service.pop("stop_grace_period"), "has no time to end"),
            ("cache", lambda service: service.update(restart="on-failure"), "stays down"),
            ("worker", lambda service: service.update(ports=["9090:9090"]), OPEN),
            ("gateway", lambda service: service.update(ports=["8443:8443"]), OPEN),
        ],
    )
    def test_find_what_breaks_them(self, name: str, change: Callable[[Service], Any], offence: str) -> None:
        service = copy.deepcopy(SERVICES[name])
        change(service)

        assert list(offences(name, service)) == [offence]


class TestTheVariables:
    @EACH
    def test_of_services_are_known_to_them(self, name: str) -> None:
        names = SERVICES[name].get("environment", {}).keys()
        assert {each for each in names if each.startswith(PREFIX)} <= known_settings()
        assert {each for each in names if each.startswith("GATEWAY_")} <= known_gateway_settings()

    def test_of_the_two_are_found(self) -> None:
        assert {"TASKFLEET_MONGO_URL_FILE", "TASKFLEET_PROFILE"} <= known_settings()
        assert {"GATEWAY_UPSTREAMS", "GATEWAY_TLS_KEY", "GATEWAY_WORKER_PROCESSES"} <= known_gateway_settings()

    def test_of_the_operator_all_begin_alike_and_are_explained(self) -> None:
        used = {match[0] for match in VARIABLE.findall(COMPOSE_FILE.read_text(encoding="utf-8"))}
        explained = set(re.findall(r"^([A-Z_]+)=", SITE_EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))
        switched = set(re.findall(r"^([A-Z_]+)=", SHARDED.read_text(encoding="utf-8"), re.MULTILINE))

        assert all(name.startswith("SITE_") for name in used)
        # The revision is the builder's.
        assert used == explained | switched | {"SITE_REVISION"}
        assert explained & switched == set()

    def test_that_stay_as_they_are_let_nobody_else_in(self) -> None:
        assert SERVICES["api-1"]["environment"]["TASKFLEET_PROFILE"] == "local"
        assert SERVICES["gateway"]["ports"] == ["127.0.0.1:8080:8080", "127.0.0.1:8443:8443"]


class TestTheEnd:
    @pytest.mark.parametrize("name", ["api-1", "api-2", "worker"])
    def test_has_the_time_that_the_service_takes(self, name: str) -> None:
        delay = float(SERVICES[name]["environment"]["TASKFLEET_SHUTDOWN_DELAY_SECONDS"])
        assert read_seconds(SERVICES[name]["stop_grace_period"]) >= delay + END_SECONDS + SPARE_SECONDS

    def test_has_the_time_that_nginx_takes(self) -> None:
        template = (ROOT / "nginx" / "nginx.conf.template").read_text(encoding="utf-8")
        [seconds] = re.findall(r"worker_shutdown_timeout (\d+)s;", template)
        assert read_seconds(SERVICES["gateway"]["stop_grace_period"]) > int(seconds)


class TestTheMemory:
    @pytest.mark.parametrize("name", ["mongo", "shard-2", "config"])
    def test_of_mongod_is_twice_its_cache_at_least(self, name: str) -> None:
        [cache] = [
            float(option.partition("=")[2])
            for option in SERVICES[name]["command"]
            if option.startswith("--wiredTigerCacheSizeGB=")
        ]
        limit = read_size(SERVICES[name]["deploy"]["resources"]["limits"]["memory"])
        assert limit >= 2 * cache * 1024**3

    def test_of_the_cache_server_is_more_than_it_may_keep(self) -> None:
        command = SERVICES["cache"]["command"]
        kept = command[command.index("--maxmemory") + 1]
        limit = read_size(SERVICES["cache"]["deploy"]["resources"]["limits"]["memory"])
        assert limit >= 1.5 * int(kept.removesuffix("mb")) * 1024**2


class TestTheShardedCluster:
    def test_is_reached_through_mongos_and_migrated_as_such(self) -> None:
        plain, sharded = SERVICES, services(SHARDED)

        assert plain["api-1"]["environment"]["TASKFLEET_MONGO_URL_FILE"] == "/run/secrets/mongo-url"
        assert sharded["api-1"]["environment"]["TASKFLEET_MONGO_URL_FILE"] == "/run/secrets/sharded-mongo-url"
        assert plain["migrate"]["command"] == "migrate"
        assert sharded["migrate"]["command"] == "migrate --sharded"
        assert "--shardsvr" not in plain["mongo"]["command"]
        assert "--shardsvr" in sharded["mongo"]["command"]

    def test_is_made_of_the_servers_that_run(self) -> None:
        _, router, config, *shards = SERVICES["init-sharded"]["command"]

        assert router == "mongos:27017"
        assert f"--configdb={config}" in SERVICES["mongos"]["command"]
        for description in (config, *shards):
            name, _, address = description.partition("/")
            service = SERVICES[address.removesuffix(":27017")]
            assert f"--replSet={name}" in service["command"]

    def test_is_not_started_without_being_asked_for(self) -> None:
        optional = {name for name, service in SERVICES.items() if "profiles" in service}
        assert optional == {"config", "shard-2", "mongos", "init-sharded", "prometheus", "grafana"}
