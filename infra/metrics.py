"""Every metric of every role: `credit_<what>_<unit>`, `_total` for counters.

Labels come from closed sets (families, lists and topics are those of the catalogue), never from
an id: nothing here grows with the number of organisations. Label sets are spelt out below.
"""

from prometheus_client import (
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
)

REGISTRY = CollectorRegistry(auto_describe=True)
for _collector in (GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR):
    REGISTRY.register(_collector)

_LATENCY_S = (
    *(0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5),
    *(0.75, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0),
)
_PHASE_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_BATCH = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)

# What comes in.
EVENTS = Counter(
    "credit_events_total", "Department events folded, by family.", ["family"], registry=REGISTRY
)
LIST_CHANGES = Counter(
    "credit_list_changes_total",
    "List changes folded; outcome is applied, older (ignored revision) or same.",
    ["list_code", "outcome"],
    registry=REGISTRY,
)
REVIEWS = Counter(
    "credit_reviews_total", "Reviews folded, by outcome.", ["outcome"], registry=REGISTRY
)
DUPLICATES = Counter(
    "credit_duplicates_total",
    "Messages seen before (source and id), without a second effect, by topic.",
    ["topic"],
    registry=REGISTRY,
)
DEAD_LETTERS = Counter(
    "credit_dead_letters_total", "Messages refused, by dlq-reason.", ["reason"], registry=REGISTRY
)

# What goes out.
DECISIONS = Counter(
    "credit_decisions_total",
    "Decisions committed, by verdict and family.",
    ["verdict", "family"],
    registry=REGISTRY,
)
DECIDED_AGAIN = Counter(
    "credit_decisions_again_total",
    "Decisions made again, by cause: list, review or time.",
    ["cause"],
    registry=REGISTRY,
)
ACTIONS = Counter(
    "credit_actions_total",
    "Actions committed, by effect and state.",
    ["effect", "state"],
    registry=REGISTRY,
)
DISPATCHED = Counter(
    "credit_dispatched_total",
    "Messages passed on to departments and acknowledged, by the topic they came from.",
    ["topic"],
    registry=REGISTRY,
)
REPORTS = Counter(
    "credit_reports_total",
    "Reports published, by period; kind is closed or revised.",
    ["period", "kind"],
    registry=REGISTRY,
)
ALERTS = Counter("credit_alerts_total", "Alerts committed, by kind.", ["kind"], registry=REGISTRY)
SHADOWED = Counter(
    "credit_shadow_matches_total",
    "Matches of measures that are counted but never applied.",
    ["measure_id"],
    registry=REGISTRY,
)

# How quickly.
EVENT_TO_COMMIT = Histogram(
    "credit_event_to_commit_seconds",
    "From the broker's or producer's time stamp of an event to the commit of its decision.",
    buckets=_LATENCY_S,
    registry=REGISTRY,
)
DISPATCH_SECONDS = Histogram(
    "credit_dispatch_duration_seconds",
    "From the time stamp of a decision, action or alert, before its commit, to the acknowledgement "
    "of its copy for the department.",
    buckets=_LATENCY_S,
    registry=REGISTRY,
)
BATCHES = Counter("credit_batches_total", "Batches committed.", registry=REGISTRY)
BATCHES_DROPPED = Counter(
    "credit_batches_dropped_total",
    "Batches thrown away before their commit; reason is rebalance, fenced or error.",
    ["reason"],
    registry=REGISTRY,
)
BATCH_SIZE = Histogram(
    "credit_batch_size_messages", "Messages in a batch.", buckets=_BATCH, registry=REGISTRY
)
PHASE_SECONDS = Histogram(
    "credit_phase_duration_seconds",
    "Time in a phase of a batch: " + "poll, parse, barrier, redis_read, fold, produce, commit, "
    "redis_write.",
    ["phase"],
    buckets=_PHASE_S,
    registry=REGISTRY,
)
BARRIER_WAITS = Counter(
    "credit_barrier_waits_total",
    "Batches that had to wait until lists and reviews were read to their end.",
    registry=REGISTRY,
)
LAG = Gauge(
    "credit_lag_messages",
    "Messages not yet decided, over the partitions of this worker, by topic.",
    ["topic"],
    registry=REGISTRY,
)

# Whether it can be trusted.
READY = Gauge("credit_ready_info", "1 while /readyz says ready, else 0.", registry=REGISTRY)
REDIS_UP = Gauge("credit_redis_up_info", "1 while Redis answers, else 0.", registry=REGISTRY)
PARTITIONS_OWNED = Gauge(
    "credit_partitions_owned_count", "Partition numbers that this worker owns.", registry=REGISTRY
)
REBALANCES = Counter("credit_rebalances_total", "Changes of assignment.", registry=REGISTRY)
RESTORES = Counter(
    "credit_restores_total",
    "Restores of Redis from credit.state; kind is catch_up or rebuild.",
    ["kind"],
    registry=REGISTRY,
)
RESTORE_DONE = Gauge(
    "credit_restore_done_records", "Records read by the restore now running.", registry=REGISTRY
)
RESTORE_TOTAL = Gauge(
    "credit_restore_expected_records",
    "Records that the restore now running has to read.",
    registry=REGISTRY,
)
LIST_AGE = Gauge(
    "credit_list_age_seconds",
    "Time since a list was published, oldest partition of this worker.",
    ["list_code"],
    registry=REGISTRY,
)
LIST_STALE = Gauge(
    "credit_list_stale_info",
    "1 while a list is older than its promise or differs from its digest, else 0.",
    ["list_code"],
    registry=REGISTRY,
)
BUSINESS_DAY = Gauge(
    "credit_business_day_seconds",
    "Start of the earliest business day among this worker's partitions, Unix time.",
    registry=REGISTRY,
)
CATALOGUE_INFO = Gauge(
    "credit_catalogue_info",
    "Always 1; the label is the start of the catalogue version in use.",
    ["version"],
    registry=REGISTRY,
)
