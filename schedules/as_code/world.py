"""What an organization has of what a file names."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from organizations.models import Organization
from schedules.as_code.document import Document
from schedules.models import Calendar, Schedule
from workflows.models import Workflow


@dataclass(frozen=True, slots=True)
class World:
    """Rows of one organization, by name.

    Attributes:
        workflows: those that the file names.
        schedules: those that the file names, and those of its source, archived ones left out.
    """

    organization: Organization
    workflows: dict[str, Workflow]
    calendars: dict[str, UUID]
    schedules: dict[str, Schedule]

    @property
    def calendar_names(self) -> dict[UUID, str]:
        """The calendars' names by their ids."""
        return {calendar_id: name for name, calendar_id in self.calendars.items()}


def world_of(document: Document, organization: Organization) -> World:
    """Return the rows that concern a file, with one query for each kind."""
    wanted = {written.settings.get("workflow") for written in document.schedules}
    names = [written.name for written in document.schedules]
    workflows = Workflow.objects.filter(
        organization=organization, name__in=[name for name in wanted if isinstance(name, str)]
    )
    schedules = Schedule.objects.visible().filter(
        Q(name__in=names) | Q(managed_by=document.source), organization=organization
    )
    return World(
        organization=organization,
        workflows={workflow.name: workflow for workflow in workflows},
        calendars=calendars_of(organization),
        schedules={schedule.name: schedule for schedule in schedules.select_related("workflow")},
    )


def calendars_of(organization: Organization) -> dict[str, UUID]:
    """Return the ids of an organization's calendars by their names."""
    return dict(Calendar.objects.filter(organization=organization).values_list("name", "pk"))
