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
    latency_starts: int
    latency_warm: int
    starts: int
    batched: int
    drained: int
    drain_wait: float


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
    latency_starts=600,
    latency_warm=50,
    starts=2_000,
    batched=5_000,
    drained=5_000,
    drain_wait=120,
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
    latency_starts=20,
    latency_warm=3,
    starts=100,
    batched=200,
    drained=200,
    drain_wait=30,
)
