"""The roll-up of the queues' statistics, and an index for what waits in a queue."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('executions', '0004_durable_engine'),
    ]

    operations = [
        migrations.CreateModel(
            name='QueueMinute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization_id', models.UUIDField()),
                ('minute_at', models.DateTimeField(help_text='When the minute began.')),
                ('queue', models.CharField(max_length=63)),
                ('attempts', models.PositiveIntegerField()),
                ('failed', models.PositiveIntegerField(help_text='Of the attempts.')),
                ('waited_seconds', models.FloatField(help_text='From ready to claimed, all attempts together.')),
                ('ran_seconds', models.FloatField(help_text='From claimed to ended, all attempts together.')),
                ('waits', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), help_text='Attempts by how long they waited.', size=None)),
                ('runs', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), help_text='Attempts by how long they ran.', size=None)),
            ],
            options={
                'ordering': ('-minute_at', 'queue'),
            },
        ),
        migrations.AddConstraint(
            model_name='queueminute',
            constraint=models.UniqueConstraint(fields=('organization_id', 'minute_at', 'queue'), name='queue_minute_once'),
        ),
        migrations.AddIndex(
            model_name='steprun',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['organization_id', 'queue', 'waits_for'], name='step_run_waiting'),
        ),
    ]
