"""A Celery application and nothing else."""

import os

from celery import Celery

app = Celery("bare", broker=os.environ["PEER_BROKER_URL"], include=["benchmarks.tasks"])
app.conf.task_ignore_result = True
