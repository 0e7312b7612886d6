"""The side bar, grouped as the glossary; each person sees what they may open."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy

from console import overview
from organizations.access import holds_anywhere
from organizations.roles import Role


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """Return unfold's navigation, with the number of open dead letters where there are some."""
    navigation = deepcopy(NAVIGATION)
    if count := overview.open_dead_letters(request):
        items = [item for group in navigation for item in group["items"]]
        letters = next(item for item in items if item["title"] == "Dead letters")
        letters.update(badge=str(count), badge_variant="danger")
    return navigation


def _may(role: Role) -> Callable[[HttpRequest], bool]:
    return lambda request: holds_anywhere(request, role)


def _has(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _link(title: str, icon: str, model: str, may: Callable[[HttpRequest], bool]) -> dict[str, Any]:
    link = reverse_lazy(f"admin:{model}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": may}


_MEMBER, _ADMIN = _may(Role.VIEWER), _may(Role.ADMIN)

NAVIGATION: list[dict[str, Any]] = [
    {
        "items": [
            {"title": "Overview", "icon": "monitoring", "link": reverse_lazy("admin:index")},
        ],
    },
    {
        "title": "Run",
        "separator": True,
        "items": [
            _link("Workflows", "account_tree", "workflows_workflow", _MEMBER),
            _link("Schedules", "schedule", "schedules_schedule", _MEMBER),
            _link("Calendars", "calendar_month", "schedules_calendar", _MEMBER),
            _link("Backfills", "fast_rewind", "schedules_backfill", _MEMBER),
        ],
    },
    {
        "title": "Triggers",
        "separator": True,
        "items": [
            _link("Triggers", "bolt", "triggers_trigger", _MEMBER),
            _link("Webhooks", "webhook", "triggers_webhook", _MEMBER),
            _link("Deliveries", "move_to_inbox", "triggers_delivery", _MEMBER),
        ],
    },
    {
        "title": "History",
        "separator": True,
        "items": [
            _link("Executions", "play_circle", "executions_execution", _MEMBER),
            _link("Approvals", "how_to_reg", "executions_approval", _MEMBER),
            _link("Dead letters", "mark_email_unread", "executions_deadletter", _MEMBER),
            _link("Skipped fires", "event_busy", "schedules_skippedfire", _MEMBER),
            _link("Skipped events", "filter_alt_off", "triggers_skip", _MEMBER),
            _link("Events", "receipt_long", "events_event", _MEMBER),
            _link("Events not handed on", "sms_failed", "events_dispatch", _MEMBER),
        ],
    },
    {
        "title": "Platform",
        "separator": True,
        "items": [
            _link("Queues", "stacks", "executions_queuesetting", _MEMBER),
            _link("Step runs", "format_list_numbered", "executions_steprun", _MEMBER),
            _link("Workers", "memory", "executions_workernode", _MEMBER),
            _link("Circuits", "electric_bolt", "executions_circuit", _MEMBER),
            _link("Processes", "monitor_heart", "executions_pulse", _MEMBER),
            _link(
                "Periodic tasks",
                "update",
                "django_celery_beat_periodictask",
                _has("django_celery_beat.view_periodictask"),
            ),
        ],
    },
    {
        "title": "People",
        "separator": True,
        "items": [
            _link("Organizations", "domain", "organizations_organization", _MEMBER),
            _link("API keys", "key", "organizations_apikey", _ADMIN),
            _link("Secrets", "lock", "organizations_secret", _ADMIN),
            _link("Users", "person", "auth_user", _has("auth.view_user")),
        ],
    },
]
