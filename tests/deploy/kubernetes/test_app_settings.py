"""Processes start with what the manifests and the commands of docs/kubernetes.md set: the app itself reads it."""

import itertools
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from app.bootstrap import check_servers, check_settings
from app.core.settings import Settings, SettingsError, load_settings
from app.core.signing_keys import generate_signing_key
from tests.architecture.documents import read_document
from tests.deploy.kubernetes.rendering import INSTALLATIONS, Manifest, Pod, installation, of_kind, pods

_URL = re.compile(r"\b(?:mongodb(?:\+srv)?|rediss?)://[^\s']+")
# Both hold a key of the same kind.
MOUNTED_KEY = re.compile(r"^/run/secrets/(taskfleet-signing-key/signing|taskfleet-web-push/vapid)-key\.pem$")


def documented_urls() -> list[dict[str, str]]:
    """Return what `taskfleet-secrets` may hold: each URL of MongoDB in the guide, with one of the cache."""
    urls = [found[0] for found in _URL.finditer(read_document("docs/kubernetes.md"))]
    caches = [url for url in urls if url.startswith("redis")]
    databases = [url for url in urls if url not in caches]
    assert len(databases) >= len(caches) == 2
    return [{"MONGO_URL": url, "REDIS_URL": cache} for url, cache in zip(databases, itertools.cycle(caches))]


def processes(name: str) -> list[Pod]:
    """Return the pods that run the app."""
    return [pod for pod in pods(installation(name)) if pod.spec["containers"][0]["name"] == "taskfleet"]


def environment(pod: Pod, manifests: list[Manifest], secret: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables that the kubelet sets, in its order; Secrets that are optional are not there."""
    config_maps = {one["metadata"]["name"]: one["data"] for one in of_kind(manifests, "ConfigMap")}
    container = pod.spec["containers"][0]
    for source in container["envFrom"]:
        if "configMapRef" in source:
            yield from config_maps[source["configMapRef"]["name"]].items()
        elif not source["secretRef"].get("optional"):
            yield from ((source["prefix"] + key, value) for key, value in secret.items())
    for variable in container.get("env", ()):
        if "value" in variable:
            yield variable["name"], variable["value"]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [name for name in os.environ if name.startswith("TASKFLEET_")]:
        monkeypatch.delenv(variable)


@pytest.fixture
def signing_key(tmp_path: Path) -> Path:
    """A key as it is mounted."""
    key = tmp_path / "signing-key.pem"
    generate_signing_key(key)
    key.chmod(0o440)
    return key


def start(pod: Pod, variables: Mapping[str, str], signing_key: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Do what the command of the pod does before it connects. Raises `SettingsError` where it would refuse."""
    for variable, value in variables.items():
        monkeypatch.setenv(variable, MOUNTED_KEY.sub(str(signing_key), value))
    is_serving = pod.spec["containers"][0]["args"][0] == "serve"
    settings = load_settings(is_serving=is_serving)
    (check_settings if is_serving else check_servers)(settings)
    return settings


@pytest.mark.parametrize("secret", documented_urls(), ids=lambda secret: "-".join(secret.values())[:40])
@pytest.mark.parametrize(("name", "process"), [(name, pod.name) for name in INSTALLATIONS for pod in processes(name)])
class TestAProcess:
    def test_starts_with_its_settings(
        self, name: str, process: str, secret: dict[str, str], signing_key: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (pod,) = (pod for pod in processes(name) if pod.name == process)

        settings = start(pod, dict(environment(pod, installation(name), secret)), signing_key, monkeypatch)

        assert settings.mongo.url.get_secret_value() == secret["MONGO_URL"]
        assert not settings.cache.is_only_process
        assert settings.runtime.is_local is (name == "dev")


class TestASettingThatIsUnsafe:
    @pytest.mark.parametrize(
        "change",
        [
            {"TASKFLEET_PUBLIC_URL": "http://tasks.example.com"},
            {"TASKFLEET_TRUSTED_PROXIES": "0.0.0.0/0"},
            {"TASKFLEET_MONGO_URL": "tasks.example.com"},
            {"TASKFLEET_WORKER": "2"},
        ],
    )
    def test_is_found(self, change: dict[str, str], signing_key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (pod,) = (pod for pod in processes("production") if pod.name == "Deployment api")
        variables = dict(environment(pod, installation("production"), documented_urls()[0]))

        with pytest.raises(SettingsError):
            start(pod, {**variables, **change}, signing_key, monkeypatch)
