"""Loops of workflows that start one another, found before they are saved. Pure.

An edge leads from a workflow to one that its run or its end starts: a chain, or a step that starts a child.
"""

from collections import deque
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def loop_through(
    edges: Mapping[Node, Iterable[Node]], *, causes: Collection[Node], target: Node
) -> list[Node]:
    """Return a shortest loop that new edges from each of `causes` to `target` close, or an empty list.

    It begins and ends with the cause: `[extract, load, extract]`.
    """
    path = _shortest_path(edges, start=target, goals=frozenset(causes))
    return [path[-1], *path] if path else []


def _shortest_path(
    edges: Mapping[Node, Iterable[Node]], *, start: Node, goals: Collection[Node]
) -> list[Node]:
    came_from: dict[Node, Node | None] = {start: None}
    ahead = deque([start])
    while ahead:
        node = ahead.popleft()
        if node in goals:
            return _walked(came_from, to=node)
        for following in edges.get(node, ()):
            if following not in came_from:
                came_from[following] = node
                ahead.append(following)
    return []


def _walked(came_from: Mapping[Node, Node | None], *, to: Node) -> list[Node]:
    path = [to]
    while (before := came_from[path[-1]]) is not None:
        path.append(before)
    return path[::-1]


def shown(names: Sequence[str], *, most: int = 12) -> str:
    """Return a loop as people read it; of a long one the beginning and the end."""
    half = most // 2
    kept = names if len(names) <= most else [*names[:half], "…", *names[-half:]]
    return " → ".join(kept)
