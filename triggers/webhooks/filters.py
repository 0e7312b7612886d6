"""What lists of webhooks and deliveries can be narrowed to."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from organizations.viewsets import as_id
from triggers.models import Delivery, Outcome, TriggerState, Webhook


class WebhookFilter(filters.FilterSet):  # type: ignore[misc]
    """By state, by the workflow that is started, by a part of the name."""

    state = filters.ChoiceFilter(choices=TriggerState.choices)
    workflow = filters.CharFilter(method="of_workflow", help_text="Id or name.")
    search = filters.CharFilter("name", lookup_expr="icontains", help_text="Part of the name.")

    class Meta:
        model = Webhook
        fields = ("state", "workflow", "search")

    def of_workflow(self, queryset: QuerySet[Webhook], name: str, value: str) -> QuerySet[Webhook]:
        """Return webhooks of the workflow with this id or name."""
        del name
        workflow_id = as_id(value)
        return (
            queryset.filter(workflow_id=workflow_id) if workflow_id else queryset.filter(workflow__name=value)
        )


class DeliveryFilter(filters.FilterSet):  # type: ignore[misc]
    """By webhook and by what became of it."""

    webhook = filters.CharFilter(method="of_webhook", help_text="Id or name.")
    outcome = filters.ChoiceFilter(choices=Outcome.choices)

    class Meta:
        model = Delivery
        fields = ("webhook", "outcome")

    def of_webhook(self, queryset: QuerySet[Delivery], name: str, value: str) -> QuerySet[Delivery]:
        """Return deliveries to the webhook with this id or name."""
        del name
        webhook_id: Any = as_id(value)
        if webhook_id is None:  # read first, so that the index on (webhook, time) can serve the list
            own = Webhook.objects.filter(organization=self.request.access.organization, name=value)
            webhook_id = own.values_list("pk", flat=True).first()
        return queryset.filter(webhook_id=webhook_id) if webhook_id else queryset.none()
