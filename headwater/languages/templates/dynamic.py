"""Dynamic references: `{{resolve:ssm:name:version}}`, `{{resolve:secretsmanager:…}}`.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
"""

from __future__ import annotations

import re
from collections.abc import Callable

from headwater.languages.templates.errors import TemplateError
from headwater.languages.templates.load import Value

REFERENCE = re.compile(r"\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]+?)\}\}")

Lookup = Callable[[str, str], str | None]
"""The value for a service (`ssm`, `ssm-secure`, `secretsmanager`) and the reference's remainder."""


def resolve_dynamic(value: Value, lookup: Lookup) -> Value:
    """The value with every dynamic reference replaced. Raises TemplateError for one that leads nowhere."""
    if isinstance(value, str):
        return REFERENCE.sub(lambda found: replacement(found, lookup), value) if "{{resolve:" in value else value
    if isinstance(value, dict):
        return {key: resolve_dynamic(child, lookup) for key, child in value.items()}
    if isinstance(value, list):
        return [resolve_dynamic(child, lookup) for child in value]
    return value


def replacement(found: re.Match[str], lookup: Lookup) -> str:
    service, name = found[1], found[2]
    resolved = lookup(service, name)
    if resolved is None:
        raise TemplateError(f"Parameters: [{service}:{name}] cannot be found.")
    return resolved
