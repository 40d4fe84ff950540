"""The one error of this language; its message is AWS's."""

from __future__ import annotations


class TemplateError(ValueError):
    """A template, or the parameters given for it, that CloudFormation refuses.

    CloudFormation's API reports it as `ValidationError` with this very message.
    """
