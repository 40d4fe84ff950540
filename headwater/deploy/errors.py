"""What can go wrong in a deployment, in words for whoever started it."""

from __future__ import annotations


class DeploymentError(Exception):
    """The deployment cannot go on; the message says why and, for a stack, which resources failed and why."""
