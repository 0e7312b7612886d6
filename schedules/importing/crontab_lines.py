"""The lines of a crontab, as crontab(5) of Debian's cron has them. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MACROS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
REBOOT = "@reboot"
ASSIGNMENT = re.compile(r"""\s*(?P<name>\w+|"[^"]*"|'[^']*')\s*=\s*(?P<value>.*?)\s*""")
PERCENT = re.compile(r"(?<!\\)%")


@dataclass(frozen=True)
class CrontabLine:
    """One line that runs something.

    Attributes:
        number: from 1.
        when: five fields, or a word that begins with `@`.
        user: of the user column; empty where there is none.
        command: up to the first bare `%`, with `\\%` as `%`.
        fed: what cron gives the command on its standard input.
        environment: variables set above this line.
        problem: what is wrong with the line; empty for a sound one.
    """

    number: int
    text: str
    when: str = ""
    user: str = ""
    command: str = ""
    fed: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    problem: str = ""


def lines_of(text: str, *, with_user: bool) -> Iterator[CrontabLine]:
    """Yield the lines of a crontab that run something, in order.

    Args:
        with_user: a column with the user stands before the command, as in /etc/crontab.
    """
    environment: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        assignment = ASSIGNMENT.fullmatch(line)
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if assignment:
            environment[_unquoted(assignment["name"])] = _unquoted(assignment["value"])
            continue
        yield _line(number, line.strip(), with_user=with_user, environment=tuple(environment.items()))


def _line(
    number: int, text: str, *, with_user: bool, environment: tuple[tuple[str, str], ...]
) -> CrontabLine:
    times = 1 if text.startswith("@") else 5
    columns = times + int(with_user)
    words = text.split(maxsplit=columns)
    if len(words) <= columns:
        wanted = "the user and the command" if with_user else "the command"
        problem = f"has {len(words)} columns; write {times} for the time, then {wanted}"
        return CrontabLine(number, text, problem=problem)
    command, *fed = PERCENT.split(words[columns])
    return CrontabLine(
        number,
        text,
        when=" ".join(words[:times]),
        user=words[times] if with_user else "",
        command=_plain(command).strip(),
        fed=_plain("\n".join(fed)),
        environment=environment,
    )


def _plain(text: str) -> str:
    return text.replace("\\%", "%")


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text
