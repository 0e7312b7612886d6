"""The documentation's pages, and what is quoted in them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def text_of(name: str) -> str:
    """Return the text of a page."""
    return (ROOT / name).read_text()


def blocks(name: str, language: str) -> list[str]:
    """Return the code blocks of a page in one language."""
    return [body for found, body in _BLOCK.findall(text_of(name)) if found == language]


def prose(name: str) -> str:
    """Return a page without its code blocks."""
    return _BLOCK.sub("", text_of(name))


def quoted(name: str) -> list[str]:
    """Return what stands between backticks in the prose of a page."""
    return _QUOTED.findall(prose(name))


def anchors(name: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    return {_anchor(heading) for heading in _HEADING.findall(prose(name))}


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
