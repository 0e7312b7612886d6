"""Which version was the current one when; until now each was from its creation on."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

FILL = """
INSERT INTO workflows_activation (id, workflow_id, version_id, note, "by", at)
SELECT id, workflow_id, id, note, created_by, created_at FROM workflows_workflowversion;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0002_versions_are_immutable")]

    operations = [
        migrations.CreateModel(
            name="Activation",
            fields=[
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("by", models.CharField(blank=True, max_length=150)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("version", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="workflows.workflowversion")),
                ("workflow", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="activations", to="workflows.workflow")),
            ],
            options={"ordering": ("workflow", "-id")},
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
