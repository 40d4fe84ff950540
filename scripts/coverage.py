"""Writes docs/coverage.md from the registry: what each service answers, and what it answers 501 to."""

from __future__ import annotations

import importlib
from collections import defaultdict
from pathlib import Path

import botocore

from headwater.services import SERVICES
from headwater.spine.models import load_model

TARGET = Path(__file__).parent.parent / "docs" / "coverage.md"
HEAD = """# Coverage

Made by `make coverage` from the registry of operations; a test fails where what it says of ours is out of date. Every
operation named as lacking answers HTTP 501 with the code `NotImplemented`, and a CloudFormation type that is not listed
fails its stack by name. What AWS has is told by the service models of botocore {botocore}.
"""


def implemented() -> tuple[dict[str, set[str]], set[str]]:
    """Operations by service, and CloudFormation types."""
    operations: dict[str, set[str]] = defaultdict(set)
    types: set[str] = set()
    for package in sorted({listing.package for listing in SERVICES.values()}):
        for module in importlib.import_module(package).SERVICE.modules:
            for value in vars(module).values():
                for mark in getattr(value, "__operations__", ()):
                    if not mark.internal:
                        operations[mark.service].add(mark.name)
                if isinstance(kind := getattr(value, "__resource__", None), str):
                    types.add(kind)
    return operations, types


def text() -> str:
    operations, types = implemented()
    parts = [HEAD.format(botocore=botocore.__version__), "| service | operations | of |\n| --- | ---: | ---: |"]
    details: list[str] = []
    for name, listing in SERVICES.items():
        if listing.model is None:
            continue
        known = set(load_model(listing.model).operations)
        present, lacking = sorted(operations[name] & known), sorted(known - operations[name])
        parts.append(f"| [{name}](#{name}) | {len(present)} | {len(known)} |")
        details.append(f"## {name}\n\nAnswers: {', '.join(present) or 'nothing'}.")
        if lacking:
            details.append(f"Lacks: {', '.join(lacking)}.")
        reasons = importlib.import_module(listing.package).SERVICE.lacks
        if lines := [f"* {', '.join(names)}: {why}." for why, names in reasons.items() if known >= {*names}]:
            details.append("Why:\n\n" + "\n".join(lines))
    details.append("## CloudFormation types\n\n" + "\n".join(f"- `{kind}`" for kind in sorted(types)))
    return "\n".join(parts) + "\n\n" + "\n\n".join(details) + "\n"


def ours(document: str) -> list[str]:
    """The lines of the document that do not depend on botocore's version."""
    return [line for line in document.splitlines() if line.startswith(("## ", "Answers:", "- "))]


if __name__ == "__main__":
    TARGET.write_text(text())
