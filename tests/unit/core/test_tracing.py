"""Under which name the spans of a process are sent: services that the modules are split into are told apart."""

import pytest

from app.core.settings import MODULES, Module, ObservabilitySettings, RuntimeSettings
from app.core.tracing import open_tracing


def name_of(*modules: Module) -> tuple[object, object]:
    """Return namespace and name of the resource of a process with these modules."""
    settings = ObservabilitySettings(otlp_endpoint="http://127.0.0.1:9")
    tracing = open_tracing(settings, RuntimeSettings(enabled_modules=frozenset(modules)))
    assert tracing is not None
    try:
        attributes = tracing.provider.resource.attributes
        return attributes["service.namespace"], attributes["service.name"]
    finally:
        tracing.provider.shutdown()


class TestTheNameOfAService:
    @pytest.mark.parametrize("module", MODULES)
    def test_has_its_module(self, module: Module) -> None:
        assert name_of(module) == ("taskfleet", f"taskfleet-{module}")

    def test_has_several_modules_in_their_order(self) -> None:
        assert name_of("notifications", "auth") == ("taskfleet", "taskfleet-auth-notifications")

    def test_is_that_of_the_whole_with_all_of_them(self) -> None:
        assert name_of(*MODULES) == ("taskfleet", "taskfleet")
