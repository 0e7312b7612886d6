"""Answer a container's health check: `python -m scheduler_project.healthcheck web|beat|worker`.

Ends with status 0 for a healthy process and 1 otherwise, and says why on standard error.
"""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence

TIMEOUT_SECONDS = 5
KINDS = ("web", "beat", "worker")


def main(arguments: Sequence[str]) -> int:
    """Check the one process that `arguments` names."""
    if len(arguments) != 1 or arguments[0] not in KINDS:
        sys.stderr.write(f"usage: python -m scheduler_project.healthcheck {'|'.join(KINDS)}\n")
        return 2
    (name,) = arguments
    trouble = web_trouble() if name == "web" else recorded_trouble(name)
    if trouble:
        sys.stderr.write(f"{name}: {trouble}\n")
    return 1 if trouble else 0


def web_trouble() -> str:
    """Return what is wrong with the web process on this machine, or nothing."""
    url = f"http://127.0.0.1:{os.environ.get('PORT') or 8000}/healthz"
    # As the proxy in front would ask: neither refused for the name nor redirected to HTTPS.
    request = urllib.request.Request(url, headers={"Host": allowed_host(), "X-Forwarded-Proto": "https"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  (ours)
            return "" if answer.status == 200 else f"answered {answer.status}"
    except (urllib.error.URLError, TimeoutError) as error:
        return str(error)


def allowed_host() -> str:
    """Return a name that the web process answers to."""
    first = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip("*.")
    return first or "127.0.0.1"


def recorded_trouble(name: str) -> str:
    """Return what the records say is wrong with the beats or the workers, or nothing.

    Their age is recorded for all of a kind together: one that died is seen by its container, this sees
    one that lives and does nothing.
    """
    import django

    django.setup()
    from scheduler_project import health

    return "; ".join(detail for check, ok, detail in health.checks() if check == name and not ok)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
