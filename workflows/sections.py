"""The parts of a definition that run at different times."""

from enum import StrEnum

OUTPUT = "workflow.output"  # the id of the step run that computes the execution's output


class Section(StrEnum):
    """When a step runs."""

    MAIN = "main"  # `steps`
    COMPENSATE = "compensate"  # after a failure or a cancellation, backwards
    ON_FAILURE = "on_failure"  # after `steps` ended failed or timed out, and were compensated
    ALWAYS = "always"  # last, however it ends
    OUTPUT = "output"  # after all `steps` have completed
