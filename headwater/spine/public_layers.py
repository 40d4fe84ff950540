"""Layers that AWS publishes for everybody, as far as what they hold can be had from where it comes from: Powertools for
AWS Lambda (Python), which is a package of PyPI.

https://docs.aws.amazon.com/powertools/python/latest/getting-started/install/
"""

from __future__ import annotations

import re

_POWERTOOLS = re.compile(
    r"arn:aws:lambda:[a-z0-9-]+:017000801446:layer:AWSLambdaPowertoolsPython(?:V(?P<major>[23]))?(?:-[A-Za-z0-9_-]+)?:\d+"
)
_VERSIONS = {None: "<2", "2": ">=2,<3", "3": ">=3,<4"}


def requirement_of(layer_version: str) -> str | None:
    """What pip is to install in the place of a layer's version, given by its ARN; None for any other layer. A layer's
    version does not say which of the package it is: the newest of its major version is taken."""
    match = _POWERTOOLS.fullmatch(layer_version)
    return f"aws-lambda-powertools[all]{_VERSIONS[match['major']]}" if match else None
