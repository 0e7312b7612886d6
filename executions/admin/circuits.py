"""Circuit breakers: which targets are not called now, and why."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter

import clock
from executions import circuits
from executions.circuits import Key
from executions.models import Circuit
from organizations.display import ago, badge, line
from organizations.scoped_admin import ScopedAdmin
from organizations.theme import button


@admin.register(Circuit)
class CircuitAdmin(ScopedAdmin):
    """Circuits by target."""

    tabs_by = "state"
    list_display = ("target", "organization", "state_badge", "counts", "error_line", "opened", "tries_again")
    list_filter = (("organization", AutocompleteSelectFilter),)
    list_select_related = ("organization",)
    search_fields = ("target",)
    ordering = ("target", "pk")
    fieldsets = (
        (None, {"fields": ("target", "state", "error_block")}),
        ("Calls within the window", {"fields": ("successes", "failures", "window_started_at", "updated_at")}),
        ("Pause", {"fields": ("opened_at", "retry_at", "probing_until")}),
    )
    readonly_fields = ("error_block",)
    actions_detail = ("reset", "hold_open")

    @button(
        "Reset",
        ask="It is closed and forgets what it has counted; steps that wait for its target go on.",
        icon="restart_alt",
        permissions=("operate",),
        variant="primary",
    )
    def reset(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        del form
        by = request.user.get_username()
        return self.act(
            request,
            object_id,
            lambda circuit: circuits.reset(_key(circuit), by=by, now=clock.now()),
            done="Closed",
        )

    @button(
        "Stop calls",
        ask="Steps that call its target wait until you reset it.",
        icon="block",
        permissions=("operate",),
        variant="danger",
    )
    def hold_open(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        del form
        by = request.user.get_username()
        return self.act(
            request,
            object_id,
            lambda circuit: circuits.hold_open(_key(circuit), until=None, by=by, now=clock.now()),
            done="Nothing calls it until you reset it",
        )

    @admin.display(description="state", ordering="state")
    def state_badge(self, circuit: Circuit) -> SafeString:
        return badge(circuit.state)

    @admin.display(description="failed")
    def counts(self, circuit: Circuit) -> str:
        return f"{circuit.failures} of {circuit.successes + circuit.failures}"

    @admin.display(description="last error")
    def error_line(self, circuit: Circuit) -> SafeString:
        return line(circuit.last_error)

    @admin.display(description="opened", ordering="opened_at")
    def opened(self, circuit: Circuit) -> SafeString | str:
        return ago(circuit.opened_at)

    @admin.display(description="tries again", ordering="retry_at")
    def tries_again(self, circuit: Circuit) -> SafeString | str:
        return ago(circuit.retry_at)

    @admin.display(description="last error")
    def error_block(self, circuit: Circuit) -> SafeString:
        return format_html('<pre class="hz-json hz-error">{}</pre>', circuit.last_error)


def _key(circuit: Circuit) -> Key:
    return Key(circuit.organization_id, circuit.target)
