"""Packages in the place of public layers. pip is a script of ours here."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from runtime_lab import Lab

from headwater.runtime.python_layers import PythonLayers
from headwater.spine.public_layers import requirement_of

PIP = """#!/bin/sh
echo "$6" >> "$0.calls"
case $6 in broken) echo 'ERROR: No matching distribution' >&2; exit 1;; esac
mkdir -p "$5/boto3"
echo "NAME = '$6'" > "$5/powertools.py"
"""
HANDLER = "import powertools\ndef handler(event, context):\n    return powertools.NAME\n"


@pytest.fixture
def pip(tmp_path: Path) -> Path:
    path = tmp_path / "pip"
    path.write_text(PIP)
    path.chmod(0o755)
    return path


def test_a_package_is_a_layer_and_installed_once(lab: Lab, pip: Path, tmp_path: Path) -> None:
    layers = PythonLayers(tmp_path / "layers", (str(pip),))
    function = replace(lab.function(HANDLER), requirements=("tools>=3",))
    for _ in range(2):
        provided, trouble = lab.run(layers.provide(function, sys.executable))
        assert trouble is None
    assert pip.with_suffix(".calls").read_text() == "tools>=3\n"
    assert [path.name for path in (provided.layers[0] / "python").iterdir()] == ["powertools.py"]
    assert lab.answer(replace(provided, requirements=())) == "tools>=3"


def test_what_cannot_be_installed_is_told(lab: Lab, pip: Path, tmp_path: Path) -> None:
    layers = PythonLayers(tmp_path / "layers", (str(pip),))
    function = replace(lab.function(HANDLER), requirements=("broken",))
    for _ in range(2):
        same, trouble = lab.run(layers.provide(function, sys.executable))
        assert (same, trouble) == (
            function,
            "pip could not install broken, which stands for a layer of AWS's: ERROR: No matching distribution",
        )
    assert pip.with_suffix(".calls").read_text() == "broken\n"


@pytest.mark.parametrize(
    ("name", "requirement"),
    [
        ("017000801446:layer:AWSLambdaPowertoolsPythonV2:32", "aws-lambda-powertools[all]>=2,<3"),
        ("017000801446:layer:AWSLambdaPowertoolsPythonV2-Arm64:79", "aws-lambda-powertools[all]>=2,<3"),
        ("017000801446:layer:AWSLambdaPowertoolsPythonV3-python312-x86_64:7", "aws-lambda-powertools[all]>=3,<4"),
        ("017000801446:layer:AWSLambdaPowertoolsPython:3", "aws-lambda-powertools[all]<2"),
        ("017000801446:layer:Other:3", None),
        ("000000000000:layer:AWSLambdaPowertoolsPythonV2:32", None),
    ],
)
def test_the_layers_that_packages_stand_for(name: str, requirement: str | None) -> None:
    assert requirement_of(f"arn:aws:lambda:eu-west-1:{name}") == requirement
