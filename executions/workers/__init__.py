"""Workers as the platform knows them: who they are, how loaded, and whether they may claim."""

from executions.workers import life  # its signals register this worker
from executions.workers.gate import may_claim, step_aside

__all__ = ["life", "may_claim", "step_aside"]
