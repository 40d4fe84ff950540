"""What the botocore that we lend to functions decides a call's endpoint by, found without looking everywhere for it.

For each parameter of a service's rules botocore looks in four places, through a dozen calls, at each call anew; where
a parameter can come from is the same for all calls of an operation. The rules themselves are still botocore's.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

_PLAN = "headwater-plan"
_TOLD = ("AccountId", "AccountIdEndpointMode")  # of which the User-Agent tells


class _Source(NamedTuple):
    """Where a parameter's value is, in the order in which it is looked for there."""

    name: str
    static: Any
    member: str | None
    path: str | None
    client: str | None
    builtin: Any


class Resolution:
    """In the place of ``EndpointRulesetResolver._get_provider_params``; ``usual`` is what was there."""

    def __init__(self, module: Any, usual: Any) -> None:
        self._search = module.jmespath.search
        self._builtins = frozenset(module.EndpointResolverBuiltins)
        self._usual = usual

    def parameters(self, resolver: Any, operation: Any, arguments: Any, context: Any) -> dict[str, Any]:
        """The parameters that have a value, for a call of an operation with these arguments."""
        plans = resolver._instance_cache
        plan = plans.get((_PLAN, operation.name))
        if plan is None:
            plan = plans[_PLAN, operation.name] = self._plan(resolver, operation)
        if not plan:
            usual: dict[str, Any] = self._usual(resolver, operation, arguments, context)
            return usual
        builtins = resolver._get_customized_builtins(operation, arguments, context)
        found: dict[str, Any] = {}
        for name, static, member, path, client, builtin in plan:
            value = static
            if value is None and member is not None:
                value = arguments.get(member)
            if value is None and path is not None:
                value = self._search(path, arguments)
            if value is None and client is not None:
                value = resolver._client_context.get(client)
            if value is None and builtin is not None:
                value = builtins.get(builtin)
                if callable(value):
                    value = value()
            if value is not None:
                found[name] = value
                if name in _TOLD:
                    resolver._register_endpoint_feature_ids(name, value)
        return found

    def _plan(self, resolver: Any, operation: Any) -> tuple[_Source, ...]:
        """Empty where a parameter is of a kind that only the usual way knows."""
        static = resolver._get_static_context_params(operation)
        members = resolver._get_dynamic_context_params(operation)
        clients = resolver._get_client_context_params()
        paths = operation.operation_context_parameters
        definitions = resolver._param_definitions
        if any(one.builtin is not None and one.builtin not in self._builtins for one in definitions.values()):
            return ()
        return tuple(
            _Source(
                name,
                static.get(name),
                members.get(name),
                paths[name]["path"] if name in paths else None,
                clients.get(name),
                definition.builtin,
            )
            for name, definition in definitions.items()
        )


def install() -> None:
    """For the botocore that is loaded before the function is: ours. One that a function brings is let alone."""
    module: Any = sys.modules.get("botocore.regions")
    if module is not None:
        resolver = module.EndpointRulesetResolver
        resolution = Resolution(module, resolver._get_provider_params)
        resolver._get_provider_params = lambda self, *given: resolution.parameters(self, *given)
