"""A list of what people are asked, and the names of queues and workers as the console says them."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('executions', '0005_queue_minutes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Approval',
            fields=[
            ],
            options={
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('executions.steprun',),
        ),
        migrations.AlterModelOptions(
            name='queuesetting',
            options={'ordering': ('name',), 'verbose_name': 'queue'},
        ),
        migrations.AlterModelOptions(
            name='workernode',
            options={'ordering': ('name',), 'verbose_name': 'worker'},
        ),
    ]
