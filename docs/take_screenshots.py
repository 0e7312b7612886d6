"""Take pictures of the console's pages with Chromium, and refuse any request that leaves the site.

    python docs/take_screenshots.py http://127.0.0.1:8000 NAME PASSWORD pictures/

Writes one PNG for each page; `overview.png` is the picture of the README.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request, ViewportSize, sync_playwright

SIZE: ViewportSize = {"width": 1440, "height": 900}
LISTS = {
    "overview": "/admin/",
    "executions": "/admin/executions/execution/",
    "schedules": "/admin/schedules/schedule/",
    "schedule-add": "/admin/schedules/schedule/add/",
    "workflows": "/admin/workflows/workflow/",
    "workflow-add": "/admin/workflows/workflow/add/",
    "dead-letters": "/admin/executions/deadletter/",
    "queue": "/admin/executions/steprun/",
    "events": "/admin/events/event/",
    "processes": "/admin/executions/pulse/",
    "organizations": "/admin/organizations/organization/",
    "api-key-add": "/admin/organizations/apikey/add/",
    "periodic-tasks": "/admin/django_celery_beat/periodictask/",
}
# The first row of a list, and a dialog of its page.
DETAILS = {
    "execution": ("/admin/executions/execution/?state__exact=completed", None),
    "execution-failed": ("/admin/executions/execution/?state__exact=failed", "Redrive"),
    "execution-running": ("/admin/executions/execution/?state__exact=running", "Cancel"),
    "schedule": ("/admin/schedules/schedule/?state__exact=active", "Pause"),
    "schedule-in-error": ("/admin/schedules/schedule/?state__exact=error", None),
    "workflow": ("/admin/workflows/workflow/", "Archive"),
    "dead-letter": ("/admin/executions/deadletter/", "Discard"),
    "organization": ("/admin/organizations/organization/", None),
    "periodic-task": ("/admin/django_celery_beat/periodictask/", None),
}


def main() -> int:
    """Take the pictures; 1 where a page asked another host for something."""
    wanted = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("base_url", "username", "password", "folder"):
        wanted.add_argument(name)
    given = wanted.parse_args()
    folder = Path(given.folder)
    folder.mkdir(parents=True, exist_ok=True)
    strangers: list[str] = []
    with sync_playwright() as playwright, _browser(playwright.chromium) as browser:
        page = browser.new_page(viewport=SIZE, base_url=given.base_url)
        page.on("request", lambda request: _watch(request, given.base_url, strangers))
        _log_in(page, given.username, given.password, folder)
        for name in (*_lists(page, folder), *_details(page, folder)):
            sys.stdout.write(f"{name}\n")
    for url in strangers:
        sys.stderr.write(f"a page asked another host: {url}\n")
    return 1 if strangers else 0


def _browser(chromium: object) -> Browser:
    installed = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    browser: Browser = chromium.launch(executable_path=installed, args=["--no-sandbox"])  # type: ignore[attr-defined]
    return browser


def _watch(request: Request, base_url: str, strangers: list[str]) -> None:
    address = urlsplit(request.url)
    if address.scheme in {"http", "https", "ws", "wss"} and address.netloc != urlsplit(base_url).netloc:
        strangers.append(request.url)


def _log_in(page: Page, username: str, password: str, folder: Path) -> None:
    page.goto("/admin/login/?next=/admin/")
    _take(page, folder, "login")
    page.fill("#id_username", username)
    page.fill("#id_password", password)
    page.click("#login-form button[type=submit]")
    page.wait_for_selector("#nav-sidebar")


def _lists(page: Page, folder: Path) -> Iterator[str]:
    for name, address in LISTS.items():
        page.goto(address)
        yield _take(page, folder, name)


def _details(page: Page, folder: Path) -> Iterator[str]:
    for name, (address, dialog) in DETAILS.items():
        page.goto(address)
        first = page.locator("#result_list tbody th a").first
        if not first.count():
            continue
        first.click()
        yield _take(page, folder, name)
        button = page.locator("a[hx-get]", has_text=dialog) if dialog else None
        if button is not None and button.count():
            button.first.click()
            page.wait_for_selector("#dialog")
            yield _take(page, folder, f"{name}-dialog")


def _take(page: Page, folder: Path, name: str) -> str:
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(250)  # the theme fades its parts in
    page.screenshot(path=folder / f"{name}.png")
    return name


if __name__ == "__main__":
    sys.exit(main())
