"""What became of each time of a schedule, or will, and why."""

from schedules.explain.answer import Answer, Explanation, Outcome
from schedules.explain.services import explain, explain_range

__all__ = ["Answer", "Explanation", "Outcome", "explain", "explain_range"]
