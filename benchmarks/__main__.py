"""`./dev bench`: measure, print a table."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.processes import Failed
from benchmarks.sizes import FULL, QUICK, Sizes
from benchmarks.stage import Stage, ready
from benchmarks.table import head, table
from scheduler_project.embedded import EmbeddedServerError

NAMES = (
    "recurrence",
    "evaluation",
    "beat",
    "scale",
    "burst",
    "lateness",
    "latency",
    "steps",
    "claims",
    "throughput",
    "shapes",
    "events",
    "webhooks",
)


def main() -> int:
    """Run what the arguments ask for."""
    chosen = _arguments()
    try:
        with ready() as stage:
            return _measure(stage, QUICK if chosen.quick else FULL, chosen)
    except (EmbeddedServerError, Failed) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measure the platform beside its peers.")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="run these alone")
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that it works, not how fast")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--entry", choices=("http", "service"), default="http", help="where `latency` starts")
    return parser.parse_args()


def _measure(stage: Stage, sizes: Sizes, chosen: argparse.Namespace) -> int:
    import django

    django.setup()
    from benchmarks import machine

    facts = machine.describe(stage.database, stage.broker)
    print(head(facts), flush=True)
    figures: list[Figure] = []
    measures = _measures(stage, sizes, entry=chosen.entry)
    for name in chosen.only:
        found = measures[name]()
        print(table(found), flush=True)
        figures += found
        if chosen.json:
            _write(chosen.json, facts, sizes, figures)
    return 0


def _measures(stage: Stage, sizes: Sizes, *, entry: str) -> dict[str, Callable[[], list[Figure]]]:
    """Return what `--only` names; imported here, because models need Django to be set up."""
    from benchmarks import (
        beat,
        burst,
        claims,
        evaluation,
        events,
        flood,
        latency,
        lateness,
        recurrence,
        scale,
        shapes,
        steps,
        sustained,
        throughput,
        webhooks,
    )

    return {
        "recurrence": recurrence.measure,
        "evaluation": lambda: evaluation.measure(sizes),
        "beat": lambda: beat.measure(stage, sizes),
        "scale": lambda: scale.measure(stage, sizes),
        "burst": lambda: [*burst.measure(stage, sizes), *flood.measure(stage, sizes)],
        "lateness": lambda: lateness.measure(stage, sizes),
        "latency": lambda: latency.measure(stage, sizes, entry=entry),
        "steps": lambda: steps.measure(stage, sizes),
        "claims": lambda: claims.measure(stage, sizes),
        "throughput": lambda: throughput.measure(stage, sizes),
        "shapes": lambda: shapes.measure(stage, sizes),
        "events": lambda: [*events.measure(stage, sizes), *sustained.measure(stage, sizes)],
        "webhooks": lambda: webhooks.measure(stage, sizes),
    }


def _write(path: Path, machine: dict[str, str], sizes: Sizes, figures: Sequence[Figure]) -> None:
    found = {"machine": machine, "sizes": asdict(sizes), "figures": [asdict(figure) for figure in figures]}
    path.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
