"""Who is there: beats and workers."""

from django.db import models


class Pulse(models.Model):
    """When a beat last passed, or a worker last asked for work: liveness is progress."""

    class Role(models.TextChoices):
        BEAT = "beat"
        WORKER = "worker"

    name = models.CharField(primary_key=True, max_length=200)
    role = models.CharField(max_length=10, choices=Role.choices)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ("role", "name")
        indexes = (models.Index(fields=["role", "-seen_at"], name="pulse_newest"),)

    def __str__(self) -> str:
        return self.name


class WorkerNode(models.Model):
    """A worker process group as it last described itself."""

    name = models.CharField(primary_key=True, max_length=200)
    host = models.CharField(max_length=200)
    pid = models.PositiveIntegerField()
    queues = models.JSONField(default=list)
    slots = models.PositiveIntegerField(help_text="Steps that it can run at once.")
    memory_bytes = models.BigIntegerField(default=0, help_text="Resident, with its pool processes.")
    memory_limit_bytes = models.BigIntegerField(null=True)
    cpu_percent = models.FloatField(default=0, help_text="Of one core, with its pool processes.")
    cpu_limit_percent = models.FloatField(null=True)
    is_overloaded = models.BooleanField(default=False, help_text="It claims nothing until it has recovered.")
    drain_requested_at = models.DateTimeField(null=True, help_text="It claims nothing more.")
    drain_requested_by = models.CharField(max_length=150, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, help_text="When it said goodbye.")

    class Meta:
        verbose_name = "worker"
        ordering = ("name",)
        indexes = (models.Index(fields=["-seen_at"], name="worker_node_newest"),)

    def __str__(self) -> str:
        return self.name
