"""A Celery application of somebody else: it shares the broker with Horarium, and nothing of its code."""

import os
import time
from pathlib import Path

from celery import Celery

app = Celery("shop", broker=os.environ["SHOP_BROKER"])


@app.task(name="shop.charge", bind=True)
def charge(self, order, currency="EUR"):
    """Tell what came, the headers included."""
    key, attempt = self.request.idempotency_key, self.request.horarium_attempt
    return {"order": order, "currency": currency, "key": key, "attempt": attempt}


@app.task(name="shop.refuse")
def refuse():
    """Fail."""
    raise ValueError("card refused")


@app.task(name="shop.strange")
def strange():
    """Return what is no JSON."""
    return object()


@app.task(name="shop.hang")
def hang(path):
    """Tell the process id, then hang the first time, and not at all afterwards."""
    first = not Path(path).exists()
    Path(path).write_text(str(os.getpid()))
    if first:
        time.sleep(60)
    return "at last"


if os.environ.get("SHOP_TELLS_WHY"):

    @app.task(name="executions.remote.failed")
    def tell_why(request, exc, traceback, token):
        """Send the error with Horarium's callback; Celery alone sends no more than the task's id."""
        why = (request.id, str(exc), type(exc).__name__)
        app.send_task("executions.remote.failed", why, {"token": token}, queue="horarium-calls")
