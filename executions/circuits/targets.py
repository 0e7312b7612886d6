"""Which target a step calls, and by which breaker it is guarded. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx

from workflows.definition import CircuitBreaker, HttpStep, Step, TaskStep
from workflows.errors import ExpressionError
from workflows.templates import OPENING, Template, compile_template

MAX_TARGET = 200  # characters of a target; longer ones share what they begin with

_DEFAULTS = {"http": CircuitBreaker()}  # of kinds whose steps are guarded without being told so


@dataclass(frozen=True, slots=True)
class Aim:
    """What a step is about to call."""

    target: str
    policy: CircuitBreaker


def aim_of(step: Step, variables: Mapping[str, Any]) -> Aim | None:
    """Return what an attempt of `step` calls, or None where no breaker guards it."""
    policy = _DEFAULTS.get(step.kind) if step.circuit_breaker is None else step.circuit_breaker
    if not policy:
        return None
    target = _target_of(step, variables)
    return Aim(target[:MAX_TARGET], policy) if target else None


def _target_of(step: Step, variables: Mapping[str, Any]) -> str | None:
    match step:
        case HttpStep():
            host = _host_of(_url(step, variables))
            return f"http:{host}" if host else None
        case TaskStep():
            return f"task:{step.task}"
        case _:
            return None


def _url(step: HttpStep, variables: Mapping[str, Any]) -> str:
    if OPENING not in step.url:
        return step.url
    try:
        return str(_compiled(step.url).render(variables))
    except ExpressionError:  # the step will say so itself
        return ""


@lru_cache(maxsize=1_024)
def _compiled(url: str) -> Template:
    return compile_template(url)


@lru_cache(maxsize=1_024)
def _host_of(url: str) -> str:
    """Return the host of a URL, with the port where that is not the scheme's own."""
    try:
        return httpx.URL(url).netloc.decode("ascii", errors="replace")
    except httpx.InvalidURL:
        return ""
