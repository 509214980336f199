"""Prometheus metrics of one process, in a registry of its own so that two apps can live in one process."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Literal, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Metric,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from app import __version__
from app.core.outcome_counter import OutcomeCounter
from app.core.request_metrics import RequestMetrics

CONTENT_TYPE = CONTENT_TYPE_LATEST

# From a read by primary key on the same machine (0.3 ms) to the time limit of an operation (4 s).
_COMMAND_SECONDS_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
# From what a loop with other work is always late by to the deadline of a request (10 s).
_LAG_SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

# From an entry that is met by the next look for what is due to what waited for the end of a dead worker's lease.
_OUTBOX_LAG_SECONDS_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300)

# Samples that are written in one go, in half a millisecond; a process has some thousands.
_SAMPLES_OF_A_PART = 100


ReadOutcome = Literal["hit", "not_modified", "shared", "miss", "bypass"]
FillOutcome = Literal["stored", "not_admitted", "outdated", "too_large", "failed"]


class CacheMetrics:
    """What happens at the cache; `outcome`, `call` and `reason` are fixed words."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.reads = OutcomeCounter(
            "taskfleet_cache_reads",
            "Reads of what may be cached: hit, not_modified, shared (with another read), miss, or bypass (the server "
            "is away, or a change of this user is under way).",
            get_args(ReadOutcome),
        )
        registry.register(self.reads)
        fills = Counter(
            "taskfleet_cache_fills",
            "What might be kept: stored, not_admitted (it may never be asked for again), outdated (by a change "
            "meanwhile), too_large or failed.",
            ["outcome"],
            registry=registry,
        )
        # Looking a series up by its label costs more than counting.
        self.fills = {outcome: fills.labels(outcome) for outcome in get_args(FillOutcome)}
        self.errors = Counter(
            "taskfleet_cache_errors",
            "Calls to the cache server that failed or took too long.",
            ["call"],
            registry=registry,
        )
        self.breaker_open = Gauge(
            "taskfleet_cache_breaker_open",
            "Whether the cache server is taken to be away and is not read from: 1 or 0.",
            registry=registry,
        )


class EventMetrics:
    """Live updates."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.streams = Gauge("taskfleet_event_streams", "Streams of live updates that are open.", registry=registry)
        self.events = Counter("taskfleet_events", "Revisions sent over streams of live updates.", registry=registry)


ReplicaOutcome = Literal["secondary", "behind", "failed", "paused"]


class ReplicaMetrics:
    """Who answers what the cache does not hold."""

    def __init__(self, registry: CollectorRegistry) -> None:
        reads = Counter(
            "taskfleet_replica_reads",
            "Requests that a secondary might have answered: secondary (it did), behind (it did not hold the current "
            "revision), failed (it did not answer in time) or paused (it was not asked, after one of these).",
            ["outcome"],
            registry=registry,
        )
        self.reads = {outcome: reads.labels(outcome) for outcome in get_args(ReplicaOutcome)}


FetchOutcome = Literal["ok", "failed"]


class KeySetMetrics:
    """The public keys of a process without the auth module."""

    def __init__(self, registry: CollectorRegistry) -> None:
        fetches = Counter(
            "taskfleet_key_set_fetches",
            "Fetches of the public keys of access tokens, by a process that does not sign them: ok or failed.",
            ["outcome"],
            registry=registry,
        )
        self.fetches = {outcome: fetches.labels(outcome) for outcome in get_args(FetchOutcome)}


DeliveryOutcome = Literal["delivered", "retried", "dead"]


class OutboxMetrics:
    """What users are told of; `kind` and `channel` are fixed words."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.dispatched = Counter(
            "taskfleet_outbox_dispatched",
            "Occasions that were told within the app and given to the channels that their users want.",
            ["kind"],
            registry=registry,
        )
        self.deliveries = Counter(
            "taskfleet_outbox_deliveries",
            "Attempts to deliver through a channel: delivered, retried (later) or dead (given up).",
            ["channel", "outcome"],
            registry=registry,
        )
        self.lag_seconds = Histogram(
            "taskfleet_outbox_lag_seconds",
            "Time from when something but a digest was due until it was told or first handed over, in seconds.",
            buckets=_OUTBOX_LAG_SECONDS_BUCKETS,
            registry=registry,
        )
        self.waiting = Gauge(
            "taskfleet_outbox_waiting",
            "Entries of the outbox that are late by 10 s, digests by 3 hours, and that nobody is at, up to 10,000.",
            registry=registry,
        )

    def count_delivery(self, channel: str, outcome: DeliveryOutcome, times: int = 1) -> None:
        """Count an attempt, or several that ended alike."""
        self.deliveries.labels(channel, outcome).inc(times)


CommandOutcome = Literal["ok", "failed"]

# What the service sends all the time; a command that is sent once in a while is told as `other`.
MONGO_COMMANDS = frozenset(
    {
        *("find", "getMore", "aggregate", "count", "insert", "update", "delete", "findAndModify"),
        *("commitTransaction", "abortTransaction", "killCursors", "endSessions", "hello"),
    }
)
OTHER_COMMAND = "other"


class MongoMetrics:
    """Commands to MongoDB and the connections that they travel on; counted from several threads."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "taskfleet_mongo_command_seconds",
            "Time from sending a command to the end of its reply, in seconds.",
            ["command", "outcome"],
            buckets=_COMMAND_SECONDS_BUCKETS,
            registry=registry,
        )
        # As in `CacheMetrics`; two threads that meet a series first find the same one.
        self._series: dict[tuple[str, str], Histogram] = {}
        connections = Gauge(
            "taskfleet_mongo_pool_connections",
            "Connections to MongoDB: open (those in use included) and in_use.",
            ["state"],
            registry=registry,
        )
        self.open_connections = connections.labels("open")
        self.connections_in_use = connections.labels("in_use")
        self.connection_limit = Gauge(
            "taskfleet_mongo_pool_limit",
            "Connections to one server of MongoDB that may be in use at once.",
            registry=registry,
        )
        self.checkout_failures = Counter(
            "taskfleet_mongo_pool_checkout_failures",
            "Operations that got no connection: none was free in time, or none could be made.",
            registry=registry,
        )

    def observe_command(self, command: str, outcome: CommandOutcome, seconds: float) -> None:
        """Count a command that was answered or failed."""
        series = self._series.get((command, outcome))
        if series is None:
            known = command if command in MONGO_COMMANDS else OTHER_COMMAND
            series = self._seconds.labels(known, outcome)
            # What is not known shares one series and is not kept by its name: the names are not ours.
            self._series[known, outcome] = series
        series.observe(seconds)


UNKNOWN_REVISION = "unknown"


class Metrics:
    """What is counted; labels hold route templates and status codes, never ids or user text."""

    def __init__(self, revision: str | None = None) -> None:
        """`revision` is the commit of which the running program was built."""
        # When a series began, a third as many lines again; Prometheus does without.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.requests = RequestMetrics()
        self.registry.register(self.requests)
        self.cache = CacheMetrics(self.registry)
        self.rate_limit_refusals = Counter(
            "taskfleet_rate_limit_refusals",
            "Requests refused because a limit was used up.",
            ["limit"],
            registry=self.registry,
        )
        self.rate_limit_exchange_failures = Counter(
            "taskfleet_rate_limit_exchange_failures",
            "Exchanges of counts with the other processes that failed.",
            registry=self.registry,
        )
        self.rate_limits_shared = Gauge(
            "taskfleet_rate_limits_shared",
            "1 if the last exchange of counts succeeded, 0 if every process limits for itself.",
            registry=self.registry,
        )
        self.events = EventMetrics(self.registry)
        self.replica = ReplicaMetrics(self.registry)
        self.draining = Gauge(
            "taskfleet_draining",
            "1 once the process is about to end and only finishes what it is at.",
            registry=self.registry,
        )
        self.key_set = KeySetMetrics(self.registry)
        self.mongo = MongoMetrics(self.registry)
        self.outbox = OutboxMetrics(self.registry)
        self.event_loop_lag = Histogram(
            "taskfleet_event_loop_lag_seconds",
            "How late the event loop woke what was due, looked at twice a second, in seconds.",
            buckets=_LAG_SECONDS_BUCKETS,
            registry=self.registry,
        )
        build = Gauge(
            "taskfleet_build_info",
            "Always 1; the labels tell the version and the commit of which it was built.",
            ["version", "revision"],
            registry=self.registry,
        )
        build.labels(version=__version__, revision=revision or UNKNOWN_REVISION).set(1)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def render(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return b"".join(self._parts())

    async def render_beside_others(self) -> bytes:
        """Return the same, letting other tasks have their turn every half millisecond or so."""
        parts = []
        for part in self._parts():
            parts.append(part)
            await asyncio.sleep(0)
        return b"".join(parts)

    def _parts(self) -> Iterator[bytes]:
        for family in self.registry.collect():
            samples = family.samples
            for begin in range(0, len(samples) or 1, _SAMPLES_OF_A_PART):
                family.samples = samples[begin : begin + _SAMPLES_OF_A_PART]
                text = generate_latest(_Family(family))
                # The two lines that tell of the family stand before the first part alone.
                yield text if begin == 0 else text.split(b"\n", 2)[2]


class _Family(Collector):
    """One family of metrics, in the form in which they are written."""

    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> Iterable[Metric]:
        """Return it."""
        return (self._family,)
