"""The documents say what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from headwater.cli.main import main
from headwater.services.cloudformation.schemas import Schemas
from scripts import coverage
from scripts.resource_schemas import OPEN

ROOT = Path(__file__).parent.parent


def test_coverage_is_what_the_registry_says() -> None:
    assert coverage.ours(coverage.TARGET.read_text()) == coverage.ours(coverage.text()), "run `make coverage`"


def test_every_resource_type_has_a_schema() -> None:
    _, types = coverage.implemented()
    assert types - Schemas().all.keys() == OPEN, "run `python -m scripts.resource_schemas`"


def test_every_command_that_the_readme_names_exists() -> None:
    text = (ROOT / "README.md").read_text()
    for command in set(re.findall(r"^headwater ([a-z]+)", text, re.MULTILINE)):
        assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0, command
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", text)) <= targets


@pytest.mark.parametrize("document", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_links_inside_the_documents_lead_somewhere(document: str) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "docs" / document).read_text()):
        assert (ROOT / "docs" / link).exists(), link


def test_reasons_are_given_for_what_is_lacking_alone() -> None:
    lines = coverage.text().splitlines()
    assert any(line.startswith("* CreateEndpoint, ") for line in lines)
    answers = ""
    for line in lines:
        if line.startswith("Answers: "):
            answers = line
        elif line.startswith("* "):
            names = line[2:].split(": ")[0].split(", ")
            assert not {*names} & {*answers.removeprefix("Answers: ").rstrip(".").split(", ")}
