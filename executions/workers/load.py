"""Whether a worker is overloaded, from what it uses and what it may use. Pure."""

from dataclasses import dataclass

RECOVERED = 0.9  # of a limit: below it a worker is calm
CALM_SAMPLES = 2  # in a row, before it claims again; one alone may be a step between two greedy ones


@dataclass(frozen=True, slots=True)
class Usage:
    """What a worker uses, with its pool processes: bytes, and percent of one core."""

    memory: int = 0
    cpu: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may use, in the same units; 0 sets no bound."""

    memory: int = 0
    cpu: float = 0.0

    def is_exceeded(self, usage: Usage, *, share: float = 1.0) -> bool:
        """Return whether something lies above `share` of its limit."""
        return bool(
            (self.memory and usage.memory > self.memory * share)
            or (self.cpu and usage.cpu > self.cpu * share)
        )


@dataclass(frozen=True, slots=True)
class Load:
    """What was decided last.

    Attributes:
        calm: samples in a row that were calm, since it is overloaded.
    """

    is_overloaded: bool = False
    calm: int = 0


def judge(load: Load, usage: Usage, *, limits: Limits) -> Load:
    """Return what follows from one more sample."""
    if limits.is_exceeded(usage):
        return Load(is_overloaded=True)
    if not load.is_overloaded:
        return load
    if limits.is_exceeded(usage, share=RECOVERED):
        return Load(is_overloaded=True)
    calm = load.calm + 1
    return Load() if calm >= CALM_SAMPLES else Load(is_overloaded=True, calm=calm)
