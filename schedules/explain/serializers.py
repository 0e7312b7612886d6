"""Explanations as JSON."""

from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from organizations.strict import InstantField, StrictSerializer
from schedules.explain.answer import Answer, Explanation, Outcome, Run, Skip
from schedules.explain.services import MOST_TIMES


class ExplainQuerySerializer(StrictSerializer):
    """Which times to explain: one instant, or a range with both ends."""

    at = InstantField(required=False, help_text="One instant; in whole seconds, a time within that second.")
    limit = serializers.IntegerField(default=MOST_TIMES, min_value=1, max_value=MOST_TIMES)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the bounds of a range; one has the name of a keyword."""
        bounds = {
            "from": InstantField(required=False, help_text="Start of a range, inclusive."),
            "to": InstantField(required=False, help_text="End of a range, inclusive."),
        }
        return {**super().get_fields(), **bounds}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the query, if it asks for one instant or for one range."""
        bounds: dict[str, datetime] = {name: attrs[name] for name in ("from", "to") if name in attrs}
        if "at" in attrs and bounds:
            raise ValidationError({name: ["write either at, or from and to"] for name in bounds})
        if "at" not in attrs and not bounds:
            raise ValidationError({"at": ["missing; write an instant, or a range with from and to"]})
        if len(bounds) == 1:
            other = "to" if "from" in bounds else "from"
            raise ValidationError({other: [f"missing; a range needs {other} as well"]})
        if bounds and bounds["to"] < bounds["from"]:
            raise ValidationError({"to": ["must not lie before from"]})
        return attrs


class ExplainedRunSerializer(serializers.Serializer[Any]):
    """An execution of the time."""

    id = serializers.UUIDField()
    kind = serializers.CharField(help_text="`auto`, `backfill:<id>` or `manual:<id>`.")
    state = serializers.CharField()
    error = serializers.CharField()
    by = serializers.CharField(help_text="Who started it by hand.")
    created_at = serializers.DateTimeField()
    admitted_at = serializers.DateTimeField(
        allow_null=True, help_text="When it got its place and its first steps became ready."
    )
    finished_at = serializers.DateTimeField(allow_null=True)


class ExplainedSkipSerializer(serializers.Serializer[Any]):
    """The recorded range of times that were not started, to which the time belongs."""

    first_fire_at = serializers.DateTimeField()
    last_fire_at = serializers.DateTimeField()
    count = serializers.IntegerField()


class AnswerSerializer(serializers.Serializer[Any]):
    """What became of one time, or will, and why."""

    fire_at = serializers.DateTimeField(help_text="Nominal; of `no_time` the instant that was asked about.")
    due_at = serializers.DateTimeField(allow_null=True, help_text="With spread.")
    local = serializers.CharField(help_text="ISO 8601 with the offset of the zone that held then.")
    outcome = serializers.ChoiceField([*Outcome])
    reason = serializers.CharField(help_text="A code, such as `calendar` or `overlap`; empty for none.")
    detail = serializers.CharField()
    why = serializers.CharField(help_text="One sentence.")
    executions = ExplainedRunSerializer(many=True)
    skipped = ExplainedSkipSerializer(allow_null=True)
    version = serializers.IntegerField(allow_null=True, help_text="Of the settings that name the time.")
    before = serializers.DateTimeField(allow_null=True, help_text="Of `no_time`, the time before.")
    after = serializers.DateTimeField(allow_null=True, help_text="Of `no_time`, the time after.")


class ExplanationSerializer(serializers.Serializer[Any]):
    """Answers in order of time."""

    results = AnswerSerializer(many=True)
    continue_from = serializers.DateTimeField(
        allow_null=True, help_text="Ask again with this as `from`: not all times fitted."
    )


def as_json(explanation: Explanation) -> dict[str, Any]:
    """Return the answers in the form that `ExplanationSerializer` describes; it would take ten times as long."""
    results = [_answer(answer) for answer in explanation.answers]
    return {"results": results, "continue_from": explanation.continue_from}


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "fire_at": answer.fire_at,
        "due_at": answer.due_at,
        "local": answer.local,
        "outcome": answer.outcome,
        "reason": answer.reason,
        "detail": answer.detail,
        "why": answer.why,
        "executions": [_run(run) for run in answer.runs],
        "skipped": _skip(answer.skip) if answer.skip else None,
        "version": answer.version,
        "before": answer.before,
        "after": answer.after,
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "kind": run.kind,
        "state": run.state,
        "error": run.error,
        "by": run.by,
        "created_at": run.created_at,
        "admitted_at": run.admitted_at,
        "finished_at": run.finished_at,
    }


def _skip(skip: Skip) -> dict[str, Any]:
    return {"first_fire_at": skip.first, "last_fire_at": skip.last, "count": skip.count}
