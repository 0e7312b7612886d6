"""The page that starts a workflow."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

import clock
from executions.admin.executions import page_of
from executions.admin.starting.form import StartForm
from executions.errors import ExecutionError, IdempotencyConflict
from executions.models import Execution
from executions.services import start
from organizations.acting import go_to
from organizations.display import pretty
from organizations.scoped_admin import as_uuid
from workflows.errors import Invalid
from workflows.models import Workflow
from workflows.services import definition_of

CREATED = "Started; this is the new execution"
REPLAYED = "Nothing new was started: this execution has the same idempotency key"
USED = "This form has started an execution before, with other input. Press Start once more to start another."


def start_page(pages: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """Ask for the input of a workflow by its schema, and start it; `?from=` begins with an earlier execution's."""
    workflow = pages.get_object(request, unquote(object_id))
    if workflow is None or workflow.current_version is None:
        raise Http404
    earlier = _earlier(request, workflow)
    form = StartForm(workflow.current_version, earlier=earlier, data=request.POST or None)
    if form.is_valid():
        try:
            return _started(pages, request, workflow, form)
        except Invalid as error:
            form.blame(error)
        except IdempotencyConflict as conflict:
            _say_used(form, conflict)
        except ExecutionError as refusal:
            form.add_error(None, str(refusal))
    return _rendered(pages, request, workflow, form=form, earlier=earlier)


def _earlier(request: HttpRequest, workflow: Workflow) -> Execution | None:
    """Return the execution to begin with: one of this workflow, of any version."""
    if not (text := request.GET.get("from", "")):
        return None
    wanted = as_uuid(text)
    earlier = workflow.executions.filter(pk=wanted).first() if wanted else None
    if earlier is None:
        raise Http404
    return earlier


def _started(pages: Any, request: HttpRequest, workflow: Workflow, form: StartForm) -> HttpResponse:
    started = start(form.cause(workflow, by=request.user.get_username()), now=clock.now())
    if started.created:
        pages.log_change(request, workflow, "Started")
    messages.success(request, CREATED if started.created else REPLAYED)
    return go_to(request, page_of(started.id))


def _say_used(form: StartForm, conflict: IdempotencyConflict) -> None:
    if form.cleaned_data["idempotency_key"]:
        form.add_error("idempotency_key", str(conflict))
        return
    form.begin_anew()
    form.add_error(None, USED)


def _rendered(
    pages: Any, request: HttpRequest, workflow: Workflow, *, form: StartForm, earlier: Execution | None
) -> HttpResponse:
    schema = definition_of(form.of.pk).inputs
    context = {
        **pages.admin_site.each_context(request),
        "opts": pages.opts,
        "original": workflow,
        "workflow": workflow,
        "title": f"Start {workflow.name}",
        "address": pages.page_of(workflow),
        "media": pages.media,
        "form": form,
        "earlier": earlier,
        "schema": pretty(schema) if schema else "",
    }
    return TemplateResponse(request, "executions/start.html", context)
