"""Do what a page says, as its reader would: in its order, in one shell, and compare what comes back."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.docs.pages import text_of

ANY = "…"  # in what a page shows: something that differs each time
COUNTED = frozenset({"id", "event_id"})  # whose numbers differ each time
END = "-- end of the example --"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$(?:\n\n```json\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """A block of a page, with what the page shows right below it as the answer, line by line."""

    language: str
    text: str
    answers: Sequence[str]


def examples(name: str) -> Iterator[Example]:
    """Yield the blocks of a page in its order."""
    for language, text, answer in _BLOCK.findall(text_of(name)):
        yield Example(language, text, answer.splitlines())


class Shell:
    """A reader's shell: what one example sets, the next one sees.

    Attributes:
        instead: what to give variables whose values a page shows with an ellipsis, or for the reader's machine.
    """

    def __init__(self, home: Path) -> None:
        self.instead: Mapping[str, str] = {}
        (home / ".curlrc").write_text("max-time = 20\n")
        self._process = subprocess.Popen(
            ["bash", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=home,
            env={"PATH": os.environ["PATH"], "HOME": str(home)},
        )

    def run(self, text: str) -> list[str]:
        """Run an example and return the lines that it writes."""
        assert self._process.stdin
        assert self._process.stdout
        for name, value in self.instead.items():
            text = re.sub(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
        self._process.stdin.write(f"{text}\nprintf '\\n{END}\\n'\n")
        self._process.stdin.flush()
        lines = iter(self._process.stdout.readline, "")
        written: list[str] = []
        for line in lines:
            if line.strip() == END:
                return written
            if line.strip():
                written.append(line.strip())
        raise AssertionError(f"the shell has ended: {written}")

    def close(self) -> None:
        """End the shell."""
        self._process.communicate(timeout=5)


def differences(shown: Sequence[str], written: Sequence[str]) -> list[str]:
    """Return where the lines of an answer are not what a page shows; without any shown, none may be an error."""
    if not shown:
        return [line for line in written if "error" in line and "null" not in line]
    if len(shown) != len(written):
        return [f"{len(shown)} lines are shown, not {len(written)}: {written}"]
    return [
        problem
        for ours, theirs in zip(shown, written, strict=True)
        for problem in _differences(_read(ours), _read(theirs), "")
    ]


def _read(line: str) -> Any:
    """Return a line as JSON where it is."""
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return line


def _differences(shown: Any, there: Any, path: str) -> Iterator[str]:
    if isinstance(shown, dict) and isinstance(there, dict):
        for name, value in shown.items():
            if name not in there:
                yield f"{path}.{name} is missing from {there!r}"[:500]
            else:
                yield from _differences(value, there[name], f"{path}.{name}")
    elif isinstance(shown, list) and isinstance(there, list) and len(shown) == len(there):
        for place, (ours, theirs) in enumerate(zip(shown, there, strict=True)):
            yield from _differences(ours, theirs, f"{path}[{place}]")
    elif not _is_alike(shown, there, path):
        yield f"{path}: shown {shown!r}, is {there!r}"


def _is_alike(shown: Any, there: Any, path: str) -> bool:
    if isinstance(shown, str) and ANY in shown:
        pattern = ".*".join(re.escape(part) for part in shown.split(ANY))
        return there is not None and re.fullmatch(pattern, str(there), re.DOTALL) is not None
    if path.rpartition(".")[2] in COUNTED and isinstance(shown, int):
        return isinstance(there, int)
    return bool(shown == there)
