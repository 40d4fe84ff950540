"""Intrinsic functions, evaluated.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import ipaddress
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

from headwater.languages.templates.errors import TemplateError
from headwater.languages.templates.load import Value
from headwater.languages.templates.scope import NO_VALUE, Pending, Scope, Unknown
from headwater.languages.templates.substitution import Variable, parse_substitution, substitution_argument

ZONES = "abc"
_OF_AN_OUTPUT = frozenset(("StackName", "OutputName", "Region", "RoleArn"))


def evaluate(node: Value, scope: Scope) -> Value:
    """The node with every function replaced by its value.

    What depends on a resource that does not exist yet stays as `Pending`; NO_VALUE only comes back for a node
    that is itself `AWS::NoValue`. Raises TemplateError.
    """
    if isinstance(node, dict):
        if len(node) == 1:
            ((name, argument),) = node.items()
            if (lazy := LAZY.get(name)) is not None:
                return evaluate_lazy(lazy, name, argument, scope)
            if (eager := EAGER.get(name)) is not None:
                return evaluate_eager(eager, name, argument, scope)
            if name.startswith("Fn::"):
                raise TemplateError(f"Template error: {name} is not a supported intrinsic function here")
        values = {key: evaluate(child, scope) for key, child in node.items()}
        return {key: value for key, value in values.items() if value is not NO_VALUE}
    if isinstance(node, list):
        return [value for child in node if (value := evaluate(child, scope)) is not NO_VALUE]
    return node


def evaluate_lazy(function: Lazy, name: str, argument: Value, scope: Scope) -> Value:
    try:
        return function(argument, scope)
    except Unknown:
        return Pending({name: argument})


def evaluate_eager(function: Eager, name: str, argument: Value, scope: Scope) -> Value:
    evaluated = evaluate(argument, scope)
    try:
        return function(evaluated, scope)
    except Unknown:
        return Pending({name: evaluated})


# ---- what arguments must be


def text(value: Value, problem: str) -> str:
    """A scalar as CloudFormation writes it into text."""
    if isinstance(value, str):
        return value
    if isinstance(value, Pending):
        raise Unknown
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise TemplateError(problem)


def sequence(value: Value, problem: str) -> list[Value]:
    if isinstance(value, list):
        return value
    if isinstance(value, Pending):
        raise Unknown
    raise TemplateError(problem)


def arguments(value: Value, count: int, problem: str) -> list[Value]:
    values = sequence(value, problem)
    if len(values) != count:
        raise TemplateError(problem)
    return values


def integer(value: Value, problem: str) -> int:
    try:
        return int(text(value, problem))
    except ValueError:
        raise TemplateError(problem) from None


# ---- functions that see their argument unevaluated


def ref(argument: Value, scope: Scope) -> Value:
    if not isinstance(argument, str):
        raise TemplateError("Template format error: All Ref values must be strings.")
    if argument in scope.parameters:
        return scope.parameters[argument]
    return scope.resources.reference(argument)


def get_att(argument: Value, scope: Scope) -> Value:
    logical_id, attribute = get_att_argument(argument)
    name = text(evaluate(attribute, scope), "Template error: Fn::GetAtt attribute names must be strings")
    return scope.resources.attribute(logical_id, name)


def get_att_argument(argument: Value) -> tuple[str, Value]:
    """Resource and attribute; the attribute may be a function (`Ref` of a parameter)."""
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) < 2 or not isinstance(parts[0], str) or not parts[0] or not parts[1]:
        raise TemplateError(
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name "
            "and the resource attribute"
        )
    attribute = parts[1] if len(parts) == 2 else ".".join(map(str, parts[1:]))
    return parts[0], attribute


def sub(argument: Value, scope: Scope) -> Value:
    template, variables = substitution_argument(argument)
    values = {name: evaluate(value, scope) for name, value in variables.items()}
    pieces = [
        substitute(piece.name, values, scope) if isinstance(piece, Variable) else piece
        for piece in parse_substitution(template)
    ]
    known = [piece for piece in pieces if isinstance(piece, str)]
    return "".join(known) if len(known) == len(pieces) else Pending({"Fn::Join": ["", pieces]})


def substitute(name: str, values: Mapping[str, Value], scope: Scope) -> str | Pending:
    if name in values:
        value = values[name]
    else:
        node = {"Fn::GetAtt": name.split(".", 1)} if "." in name else {"Ref": name}
        value = evaluate(node, scope)
    if isinstance(value, Pending):
        return value
    if value is NO_VALUE:
        return ""
    return text(value, f"Template error: every value of Fn::Sub must be a string, {name} is not")


def if_(argument: Value, scope: Scope) -> Value:
    name, yes, no = if_argument(argument)
    if name not in scope.conditions:
        raise unresolved_condition(name)
    return evaluate(yes if scope.conditions[name] else no, scope)


def if_argument(argument: Value) -> tuple[str, Value, Value]:
    if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[0], str):
        raise TemplateError("Template error: Fn::If requires a list argument with three elements")
    return argument[0], argument[1], argument[2]


def unresolved_condition(name: str) -> TemplateError:
    return TemplateError(
        f"Template format error: Unresolved condition dependency {name} in the Resources block of the template"
    )


# ---- functions of evaluated arguments


def join(argument: Value, scope: Scope) -> Value:
    problem = (
        "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list "
        "of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
    )
    delimiter, parts = arguments(argument, 2, problem)
    if not isinstance(delimiter, str):
        raise TemplateError(problem)
    return delimiter.join([text(part, problem) for part in sequence(parts, problem)])


def split(argument: Value, scope: Scope) -> Value:
    problem = (
        "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a "
        "string to be split or a function that returns a string to be split."
    )
    delimiter, whole = arguments(argument, 2, problem)
    if not isinstance(delimiter, str) or not delimiter:
        raise TemplateError(problem)
    return text(whole, problem).split(delimiter)


def select(argument: Value, scope: Scope) -> Value:
    problem = "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"
    index, values = arguments(argument, 2, problem)
    position, choices = integer(index, problem), sequence(values, problem)
    if not 0 <= position < len(choices):
        raise TemplateError(f"Template error: Fn::Select cannot select nonexistent value at index {position}")
    return choices[position]


def find_in_map(argument: Value, scope: Scope) -> Value:
    problem = (
        "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the "
        "attribute for return value"
    )
    parts = sequence(argument, problem)
    default = parts[3] if len(parts) == 4 else {}
    if len(parts) not in (3, 4) or not isinstance(default, dict):
        raise TemplateError(problem)
    name, key, attribute = (text(part, problem) for part in parts[:3])
    value = scope.mappings.get(name, {}).get(key, {}).get(attribute)
    if value is not None:
        return evaluate(value, scope)
    if "DefaultValue" in default:
        return default["DefaultValue"]
    if name not in scope.mappings:
        raise TemplateError(
            f"Template error: Mapping named '{name}' is not present in the 'Mappings' section of template."
        )
    raise TemplateError(f"Template error: Unable to get mapping for {name}::{key}::{attribute}")


def import_value(argument: Value, scope: Scope) -> Value:
    name = text(argument, "Template error: the attribute in Fn::ImportValue must be a string or a function")
    return scope.resources.imported(name)


def get_stack_output(argument: Value, scope: Scope) -> Value:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html"""
    problem = "Template error: every Fn::GetStackOutput object requires StackName and OutputName"
    if not isinstance(argument, dict) or not {"StackName", "OutputName"} <= argument.keys() <= _OF_AN_OUTPUT:
        raise TemplateError(problem)
    where = {name: text(value, problem) for name, value in argument.items()}
    return scope.resources.output(where["StackName"], where["OutputName"], where.get("Region"), where.get("RoleArn"))


def base64_(argument: Value, scope: Scope) -> Value:
    problem = "Template error: every Fn::Base64 object must have a String-typed value."
    return base64.b64encode(text(argument, problem).encode()).decode()


def cidr(argument: Value, scope: Scope) -> Value:
    problem = (
        "Template error: every Fn::Cidr object requires three parameters, the IP block, the number of CIDRs "
        "and the number of subnet bits"
    )
    parts = sequence(argument, problem)
    if len(parts) not in (2, 3):
        raise TemplateError(problem)
    try:
        block = ipaddress.ip_network(text(parts[0], problem), strict=False)
    except ValueError:
        raise TemplateError(f"Template error: Fn::Cidr: {parts[0]} is not a valid IP block") from None
    count = integer(parts[1], problem)
    prefix = block.max_prefixlen - (integer(parts[2], problem) if len(parts) == 3 else 8)
    if not 1 <= count <= 256:
        raise TemplateError("Template error: Fn::Cidr: the count must be between 1 and 256")
    if prefix < block.prefixlen or prefix > block.max_prefixlen or 1 << (prefix - block.prefixlen) < count:
        raise TemplateError(f"Template error: Fn::Cidr: {parts[0]} does not hold {count} blocks of /{prefix}")
    subnets = block.subnets(new_prefix=prefix)
    return [str(next(subnets)) for _ in range(count)]


def get_azs(argument: Value, scope: Scope) -> Value:
    region = text(argument, "Template error: every Fn::GetAZs object must have a String-typed value.")
    return [f"{region or scope.parameters['AWS::Region']}{zone}" for zone in ZONES]


def length(argument: Value, scope: Scope) -> Value:
    return len(sequence(argument, "Template error: Fn::Length requires a list or a function that returns one"))


def to_json_string(argument: Value, scope: Scope) -> Value:
    if not isinstance(argument, dict | list):
        raise TemplateError("Template error: Fn::ToJsonString requires an object or an array")
    if holds_pending(argument):
        raise Unknown
    return json.dumps(argument, separators=(",", ":"), ensure_ascii=False)


def holds_pending(value: Value) -> bool:
    if isinstance(value, Pending):
        return True
    if isinstance(value, dict):
        return any(map(holds_pending, value.values()))
    return isinstance(value, list) and any(map(holds_pending, value))


Lazy = Callable[[Value, Scope], Value]
Eager = Callable[[Value, Scope], Value]

LAZY: Mapping[str, Lazy] = MappingProxyType({"Ref": ref, "Fn::GetAtt": get_att, "Fn::Sub": sub, "Fn::If": if_})
EAGER: Mapping[str, Eager] = MappingProxyType(
    {
        "Fn::Base64": base64_,
        "Fn::Cidr": cidr,
        "Fn::FindInMap": find_in_map,
        "Fn::GetAZs": get_azs,
        "Fn::GetStackOutput": get_stack_output,
        "Fn::ImportValue": import_value,
        "Fn::Join": join,
        "Fn::Length": length,
        "Fn::Select": select,
        "Fn::Split": split,
        "Fn::ToJsonString": to_json_string,
    }
)
