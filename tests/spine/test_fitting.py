"""Requests that a template wrote, made to fit the operation."""

from __future__ import annotations

import pytest

from headwater.spine.fitting import Unfit, fitter
from headwater.spine.models import load_model

_FUNCTION = fitter(load_model("lambda"), "CreateFunction")
_METRIC = fitter(load_model("cloudwatch"), "PutMetricAlarm")


def test_scalars_are_converted() -> None:
    given = {
        "FunctionName": 5,
        "Timeout": "7",
        "Publish": "True",
        "MemorySize": 128.0,
        "Environment": {"Variables": {"a": True}},
    }
    assert _FUNCTION(given) == {
        "FunctionName": "5",
        "Timeout": 7,
        "Publish": True,
        "MemorySize": 128,
        "Environment": {"Variables": {"a": "true"}},
    }
    assert _METRIC({"Threshold": "1.5", "unknown": [1]}) == {"Threshold": 1.5, "unknown": [1]}


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"FunctionName": ["f"]}, "FunctionName must be a string"),
        ({"Timeout": "7.5"}, "Timeout must be an integer"),
        ({"Timeout": 2**70}, "Timeout must be an integer"),
        ({"Publish": "yes"}, "Publish must be a boolean"),
        ({"Layers": "a"}, "Layers must be a list"),
        ({"Layers": [{}]}, "Layers.0 must be a string"),
        ({"Tags": [{"Key": "k"}]}, "Tags must be an object"),
        ({"Environment": {"Variables": []}}, "Environment.Variables must be an object"),
    ],
)
def test_what_does_not_fit(request_: dict[str, object], told: str) -> None:
    with pytest.raises(Unfit, match=told):
        _FUNCTION(request_)


def test_numbers() -> None:
    assert _METRIC({"Threshold": 2**70})["Threshold"] == float(2**70)
    for wrong in ("x", 10**400, True):
        with pytest.raises(Unfit):
            _METRIC({"Threshold": wrong})
