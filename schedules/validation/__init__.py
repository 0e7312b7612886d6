"""What makes a schedule acceptable. Every message names its field and a remedy."""

from schedules.validation.rules import MAX_RULES, rule_problems
from schedules.validation.settings import LONGEST_CATCHUP, checked, name_problem, overlap_named
from schedules.validation.times import check_fires, silenced, usual_window

__all__ = [
    "LONGEST_CATCHUP",
    "MAX_RULES",
    "check_fires",
    "checked",
    "name_problem",
    "overlap_named",
    "rule_problems",
    "silenced",
    "usual_window",
]
