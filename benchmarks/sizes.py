"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Counts, and times in seconds."""

    beat_rows: tuple[int, ...]
    beat_start: float  # longest wait for a beat's first fire
    beat_settle: float
    beat_idle: float
    beat_fires: int  # one each 1/60 s
    beat_late: float  # longest wait after the last of them was due
    edits: int
    edit_wait: float  # longest wait for one
    burst: int
    burst_rounds: int
    burst_wait: float
    burst_lead: float  # from inserting the schedules to the instant when they are due
    flood: int
    flood_rounds: int
    flood_lead: float
    flood_wait: float  # longest wait for all of them to have run
    scale_rows: tuple[int, ...]
    scale_trickle: float  # holds one whole minute, on which cron schedules are due
    scale_passes: int
    evaluations: int
    late_beside: int  # idle schedules
    late_fires: int
    late_rate: int  # in a second
    late_warm: int
    latency_starts: int
    latency_warm: int
    starts: int
    batched: int
    drained: int
    drain_wait: float
    step_starts: int
    step_rates: tuple[int, ...]  # executions started in a second
    ready_rows: int  # beside which steps are claimed
    claims: int
    event_rates: tuple[int, ...]
    event_seconds: float  # at a steady pace
    event_triggers: tuple[int, ...]
    event_load: float  # as fast as they are answered
    event_batches: int
    event_wait: float  # longest wait for what was sent to have run


FULL = Sizes(
    beat_rows=(100, 10_000, 100_000),
    beat_start=120,
    beat_settle=3,
    beat_idle=12,
    beat_fires=600,
    beat_late=30,
    edits=20,
    edit_wait=30,
    burst=1_000,
    burst_rounds=3,
    burst_wait=60,
    burst_lead=3,
    flood=10_000,
    flood_rounds=2,
    flood_lead=4,
    flood_wait=60,
    scale_rows=(1_000, 10_000, 1_000_000),
    scale_trickle=60,
    scale_passes=500,
    evaluations=2_000,
    late_beside=10_000,
    late_fires=2_200,
    late_rate=100,
    late_warm=200,
    latency_starts=600,
    latency_warm=50,
    starts=2_000,
    batched=5_000,
    drained=5_000,
    drain_wait=120,
    step_starts=600,
    step_rates=(10, 100),
    ready_rows=1_000_000,
    claims=5_000,
    event_rates=(10, 100),
    event_seconds=30,
    event_triggers=(10, 1_000, 10_000),
    event_load=8,
    event_batches=40,
    event_wait=20,
)
QUICK = Sizes(
    beat_rows=(100,),
    beat_start=20,
    beat_settle=0.5,
    beat_idle=1.5,
    beat_fires=60,
    beat_late=5,
    edits=2,
    edit_wait=7,
    burst=100,
    burst_rounds=1,
    burst_wait=20,
    burst_lead=1,
    flood=1_000,
    flood_rounds=1,
    flood_lead=2,
    flood_wait=30,
    scale_rows=(1_000,),
    scale_trickle=2,
    scale_passes=50,
    evaluations=100,
    late_beside=100,
    late_fires=150,
    late_rate=50,
    late_warm=25,
    latency_starts=20,
    latency_warm=3,
    starts=100,
    batched=200,
    drained=200,
    drain_wait=30,
    step_starts=20,
    step_rates=(10,),
    ready_rows=2_000,
    claims=200,
    event_rates=(10, 100),
    event_seconds=3,
    event_triggers=(10, 1_000),
    event_load=2,
    event_batches=5,
    event_wait=20,
)
