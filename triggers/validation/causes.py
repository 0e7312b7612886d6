"""What a trigger waits for: events of a type, or the ends of workflows and schedules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from uuid import UUID

from django.db.models import Q

from events.cloud_events import attributes
from events.models import TEXT
from events.patterns import PATTERN_HELP, is_pattern, patterns_of
from events.reserved import OUR_SOURCE, TYPES, reserved_prefix
from organizations.viewsets import as_id
from schedules.models import Schedule
from schedules.states import ScheduleState
from triggers.models import Trigger
from triggers.wanted import ENDS
from workflows.errors import Problem
from workflows.models import Workflow

MAX_ENDS = 10
KINDS = ("workflow", "schedule")
USUAL = ["completed"]
NOTE = "note"  # which says of an entry that is shown that it is gone
AFTER_HELP = 'write a list of at most 10 entries such as {"workflow": "extract", "states": ["completed"]}'
STATES = ", ".join(sorted(ENDS))
OWN_PREFIXES = ", ".join(sorted({type_.partition(".")[0] + "." for type_ in TYPES}))
OWN_PATTERNS = frozenset(pattern for type_ in TYPES for pattern in patterns_of(type_))

Ends = list[dict[str, Any]]


def cause_problems(trigger: Trigger) -> Iterator[Problem]:
    """Yield what is wrong with `type` and `source`."""
    if trigger.pattern and trigger.after:
        yield Problem(path="type", message="give either `type` or `after`; leave the other one empty")
    elif not trigger.pattern and not trigger.after:
        yield Problem(path="type", message=f"{PATTERN_HELP}; or give `after`, what must have ended")
    elif trigger.pattern and (not is_pattern(trigger.pattern) or len(trigger.pattern) > TEXT):
        yield Problem(path="type", message=f"{PATTERN_HELP}, {TEXT} characters at most")
    elif reserved_prefix(trigger.pattern) and trigger.pattern not in OWN_PATTERNS:
        yield Problem(path="type", message=_never_told(trigger.pattern))
    if trigger.source and trigger.after:
        message = "belongs to `type`: ends are told by Horarium itself; leave it out"
        yield Problem(path="source", message=message)
    elif trigger.source not in {"", OUR_SOURCE} and (wrong := attributes.fault("source", trigger.source)):
        yield Problem(path="source", message=wrong)


def _never_told(pattern: str) -> str:
    near = get_close_matches(pattern, sorted(OWN_PATTERNS), n=1)
    remedy = f"did you mean {near[0]}?" if near else f"those that it tells begin with {OWN_PREFIXES}"
    return f"Horarium tells of nothing like {pattern[:100]!r}, and nobody else may; {remedy}"


@dataclass(frozen=True, slots=True)
class _Written:
    """An entry of `after` as somebody wrote it, its shape being right."""

    path: str
    kind: str
    named: str
    states: list[str]


def ends_of(trigger: Trigger) -> tuple[Ends, list[Problem]]:
    """Return the entries of `after` in their stored form, and what is wrong with others of them."""
    if not isinstance(trigger.after, list) or len(trigger.after) > MAX_ENDS:
        return [], [Problem(path="after", message=AFTER_HELP)]
    problems: list[Problem] = []
    written: list[_Written] = []
    for number, entry in enumerate(trigger.after):
        read = _read(entry, path=f"after[{number}]")
        if isinstance(read, _Written):
            written.append(read)
        else:
            problems.append(read)
    found = {
        "workflow": _workflows([one.named for one in written if one.kind == "workflow"], trigger),
        "schedule": _schedules([one.named for one in written if one.kind == "schedule"], trigger),
    }
    ends: Ends = []
    for one in written:
        end = _found(one, found[one.kind], before=ends)
        (problems if "path" in end else ends).append(end)
    return ends, problems


def _read(entry: object, *, path: str) -> _Written | Problem:
    if not isinstance(entry, Mapping):
        return Problem(path=path, message=AFTER_HELP)
    if unknown := sorted(str(key)[:100] for key in entry.keys() - {*KINDS, "states", NOTE}):
        return Problem(path=f"{path}.{unknown[0]}", message="there is no such field; take it out")
    kinds = [kind for kind in KINDS if kind in entry]
    if len(kinds) != 1 or not isinstance(entry[kinds[0]], str | UUID):
        return Problem(path=path, message="name either one `workflow` or one `schedule`, by its id or name")
    states = entry.get("states", USUAL)
    if not _are_states(states):
        return Problem(path=f"{path}.states", message=f"write a list of some of {STATES}, each once")
    return _Written(path, kinds[0], str(entry[kinds[0]]), list(states))


def _are_states(states: object) -> bool:
    if not isinstance(states, list) or not states or not all(isinstance(state, str) for state in states):
        return False
    return set(states) <= ENDS and len(set(states)) == len(states)


def _found(one: _Written, known: Mapping[str, tuple[UUID, bool]], *, before: Ends) -> Any:
    path, (id_, is_archived) = f"{one.path}.{one.kind}", known.get(one.named, (None, False))
    if id_ is None:
        return Problem(path=path, message=f"there is no {one.kind} {one.named[:100]!r}; take it out")
    if is_archived:
        message = f"{one.kind} {one.named[:100]!r} is archived, so nothing of it ends; take it out"
        return Problem(path=path, message=message)
    if any(end.get(one.kind) == str(id_) for end in before):
        return Problem(path=path, message="stands there twice; name all its states in one entry")
    return {one.kind: str(id_), "states": one.states}


def _workflows(names: Sequence[str], trigger: Trigger) -> dict[str, tuple[UUID, bool]]:
    own = Workflow.objects.filter(_called(names), organization=trigger.organization_id)
    rows = own.values_list("pk", "name", "state") if names else []
    return _by_id_and_name((pk, name, state == Workflow.State.ARCHIVED) for pk, name, state in rows)


def _schedules(names: Sequence[str], trigger: Trigger) -> dict[str, tuple[UUID, bool]]:
    """Return schedules by id and name; of those with one name at most one is not archived."""
    own = Schedule.objects.filter(_called(names), organization=trigger.organization_id)
    rows = own.values_list("pk", "name", "state") if names else []
    marked = [(pk, name, state == ScheduleState.ARCHIVED) for pk, name, state in rows]
    return _by_id_and_name(sorted(marked, key=lambda row: not row[2]))


def _called(names: Sequence[str]) -> Q:
    ids = [id_ for name in names if (id_ := as_id(name))]
    return Q(pk__in=ids) | Q(name__in=[name for name in names if name.isprintable()])


def _by_id_and_name(rows: Any) -> dict[str, tuple[UUID, bool]]:
    found: dict[str, tuple[UUID, bool]] = {}
    for pk, name, is_archived in rows:
        found[str(pk)] = found[name] = (pk, is_archived)
    return found
