"""What the tests of the running service share: servers that may be slow, as on a busy machine, and are not away."""

from collections.abc import Iterator

import pytest

from app.cache import counter_exchange, redis_store, shared, watch

# What happens in time is the business of the tests of faults.
_PATIENCE_SECONDS = 3.0


@pytest.fixture(scope="module", autouse=True)
def _patience() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (counter_exchange, redis_store, shared, watch):
            patch.setattr(module, "CALL_TIMEOUT_SECONDS", _PATIENCE_SECONDS)
        patch.setattr(watch, "TRUST_SECONDS", _PATIENCE_SECONDS)
        # Longer, as the promise of the cache has it (`app.cache.watch`).
        patch.setattr(redis_store, "WRITE_PATIENCE_SECONDS", _PATIENCE_SECONDS + 1)
        yield
