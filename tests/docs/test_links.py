"""What the documentation points at exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, NAMES, ROOT, anchors, blocks, prose, quoted, text_of

LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"[\w.-]+(/[\w.-]+)*\.(py|md|yml|yaml|toml|lock)|[\w-]{2,}(/[\w-]{2,})+")
WRITTEN_BY_THE_READER = {"docker-compose.override.yml"}
COMMAND = re.compile(r"\./dev (\w+)")
TREE = re.compile(r"^([\w.-]+/?) {2,}\S", re.MULTILINE)


def links(name: str) -> list[str]:
    return [link for link in LINK.findall(prose(name)) if "://" not in link]


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_a_file_and_a_heading(name: str) -> None:
    for link in links(name):
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        assert not anchor or anchor in anchors(str(target.resolve().relative_to(ROOT))), link


@pytest.mark.parametrize("name", NAMES)
def test_every_file_that_is_named_exists(name: str) -> None:
    named = {text for text in quoted(name) if FILE.fullmatch(text)} - WRITTEN_BY_THE_READER

    assert not [text for text in named if not (ROOT / text).exists()]


def test_the_map_of_the_tree_names_the_packages_and_no_others() -> None:
    (tree,) = (block for block in blocks("README.md", "") if "organizations/" in block)
    packages = {f"{path.parent.name}/" for path in ROOT.glob("*/__init__.py")}

    named = TREE.findall(tree)

    assert packages | {"docs/"} == {name for name in named if name.endswith("/")}
    assert all((ROOT / name).exists() for name in named)


def test_every_page_of_the_documentation_is_linked_from_the_readme() -> None:
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in links("README.md")}

    assert set(DOCS.rglob("*.md")) <= linked


def test_every_command_of_dev_that_is_named_exists() -> None:
    usage = subprocess.run([sys.executable, ROOT / "dev", "help"], capture_output=True, text=True, check=True)
    known = set(re.findall(r"^  (\w+) ", usage.stdout, flags=re.MULTILINE))

    named = {command for name in NAMES for command in COMMAND.findall(text_of(name))}

    assert named <= known


def test_every_module_that_is_run_exists() -> None:
    named = {
        module
        for name in NAMES
        for module in re.findall(r"python -m ((?:scheduler_project|tests)[\w.]+)", text_of(name))
    }

    assert named
    assert all(Path(ROOT, *module.split(".")).with_suffix(".py").exists() for module in named)
