"""Parameters: what a template declares, and the values it is given.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from headwater.languages.regular_expressions import Expression, InvalidExpression, compile_expression
from headwater.languages.templates.errors import TemplateError
from headwater.languages.templates.load import Value

# fmt: off
MEMBERS = frozenset((
    "AllowedPattern", "AllowedValues", "ConstraintDescription", "Default", "Description", "MaxLength",
    "MaxValue", "MinLength", "MinValue", "NoEcho", "Type",
))
# fmt: on
TYPES = re.compile(
    r"String|Number|CommaDelimitedList|List<(?:String|Number|AWS::[A-Za-z0-9:]+)>|AWS::SSM::Parameter::Name"
    r"|AWS::SSM::Parameter::Value<.+>|AWS::(?!SSM::Parameter)[A-Za-z0-9:]+"
)
STORED = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")
VALUE_LIMIT = 4096
UNTELLABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What an answer in XML cannot hold: https://www.w3.org/TR/xml/#charsets"""

ParameterStore = Callable[[str], str | None]
"""The value of a Systems Manager parameter by its name, None where there is none."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter; `value_type` is what remains of a type that names a stored parameter's."""

    name: str
    type: str
    value_type: str
    default: str | None = None
    allowed_values: tuple[str, ...] | None = None
    allowed_pattern: Expression | None = None
    minimum_length: int | None = None
    maximum_length: int | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    no_echo: bool = False
    description: str | None = None
    constraint_description: str | None = None

    @property
    def stored(self) -> bool:
        return STORED.fullmatch(self.type) is not None

    @property
    def is_list(self) -> bool:
        return self.value_type == "CommaDelimitedList" or self.value_type.startswith("List<")


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter's value: as given, as `Ref` gives it, and for a stored one as it was looked up."""

    given: str
    value: str | list[str]
    resolved: str | None = None


def parse_parameters(raw: Mapping[str, Value]) -> dict[str, Parameter]:
    return {name: parse_parameter(name, declared) for name, declared in raw.items()}


def parse_parameter(name: str, raw: Value) -> Parameter:
    if not name.isascii() or not name.isalnum():
        raise TemplateError(f"Template format error: Parameter name {name} is non alphanumeric.")
    if not isinstance(raw, dict) or not isinstance(raw.get("Type"), str):
        raise TemplateError("Template format error: Every Parameters object must contain a Type member.")
    for member in raw:
        if member not in MEMBERS:
            raise TemplateError(f"Invalid template parameter property '{member}'")
    declared = raw["Type"]
    if not TYPES.fullmatch(declared):
        raise TemplateError(f"Template format error: Unrecognized parameter type: {declared}")
    stored = STORED.fullmatch(declared)
    allowed = raw.get("AllowedValues")
    return Parameter(
        name,
        declared,
        stored[1] if stored else declared,
        default=scalar(raw, "Default"),
        allowed_values=None if allowed is None else allowed_values(allowed),
        allowed_pattern=compile_pattern(name, raw.get("AllowedPattern")),
        minimum_length=integer(raw, "MinLength"),
        maximum_length=integer(raw, "MaxLength"),
        minimum=number(raw, "MinValue"),
        maximum=number(raw, "MaxValue"),
        no_echo=str(raw.get("NoEcho", "false")).lower() == "true",
        description=scalar(raw, "Description"),
        constraint_description=scalar(raw, "ConstraintDescription"),
    )


def scalar(raw: Mapping[str, Value], member: str) -> str | None:
    value = raw.get(member)
    if isinstance(value, dict | list):
        raise TemplateError(f"Template format error: Every {member} member must be a string.")
    return None if value is None else scalar_text(value)


def scalar_text(value: str | bool | int | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def allowed_values(raw: Value) -> tuple[str, ...]:
    if not isinstance(raw, list) or any(isinstance(each, dict | list) for each in raw):
        raise TemplateError("Template format error: Every AllowedValues member must be a list of strings.")
    return tuple(scalar_text(each) for each in raw)


def compile_pattern(name: str, raw: Value) -> Expression | None:
    if raw is None:
        return None
    try:
        return compile_expression(str(raw))
    except InvalidExpression as error:
        raise TemplateError(
            f"Template format error: AllowedPattern of parameter {name} is not a valid regular expression: {error}"
        ) from error


def number(raw: Mapping[str, Value], member: str) -> Decimal | None:
    value = raw.get(member)
    if value is None:
        return None
    parsed = parse_number(str(value))
    if parsed is None:
        raise TemplateError(f"Template format error: Every {member} member must be a number.")
    return parsed


def integer(raw: Mapping[str, Value], member: str) -> int | None:
    value = number(raw, member)
    return None if value is None else int(value)


def parse_number(text: str) -> Decimal | None:
    try:
        parsed = Decimal(text.strip())
    except InvalidOperation:
        return None
    return parsed if parsed.is_finite() else None


def resolve_parameters(
    declared: Mapping[str, Parameter], given: Mapping[str, str], store: ParameterStore
) -> dict[str, Argument]:
    """Check and complete the values given. Raises TemplateError with AWS's messages."""
    unknown = sorted(given.keys() - declared.keys())
    if unknown:
        raise TemplateError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    values = {name: given.get(name, each.default) for name, each in declared.items()}
    missing = sorted(name for name, value in values.items() if value is None)
    if missing:
        raise TemplateError(f"Parameters: [{', '.join(missing)}] must have values")
    absent = sorted(
        value
        for name, value in values.items()
        if value is not None
        and (declared[name].stored or declared[name].type == "AWS::SSM::Parameter::Name")
        and store(value) is None
    )
    if absent:
        raise TemplateError(f"Unable to fetch parameters [{','.join(absent)}] from parameter store for this account.")
    return {name: argument(declared[name], value, store) for name, value in values.items() if value is not None}


def argument(parameter: Parameter, given: str, store: ParameterStore) -> Argument:
    resolved = store(given) if parameter.stored else None
    check(parameter, given)
    text = given if resolved is None else resolved
    if not parameter.is_list:
        return Argument(given, text, resolved)
    return Argument(given, [part.strip() for part in text.split(",")] if text else [], resolved)


def check(parameter: Parameter, given: str) -> None:
    """Constraints are for what is given (a stored parameter's name, not its value), for each of a list."""
    if len(given.encode()) > VALUE_LIMIT:
        raise TemplateError(
            f"1 validation error detected: Value '{given}' at 'parameters.{parameter.name}' failed to "
            f"satisfy constraint: Member must have length less than or equal to {VALUE_LIMIT}"
        )
    if UNTELLABLE.search(given):
        raise TemplateError(f"Parameter '{parameter.name}' contains invalid characters")
    lists = parameter.is_list and not parameter.stored
    for each in [part.strip() for part in given.split(",")] if lists else [given]:
        problem = violation(parameter, each)
        if problem is None:
            continue
        if parameter.constraint_description is not None:
            raise TemplateError(
                f"Parameter {parameter.name} failed to satisfy constraint: {parameter.constraint_description}"
            )
        raise TemplateError(f"Parameter '{parameter.name}' {problem}")


def violation(parameter: Parameter, value: str) -> str | None:
    if parameter.allowed_values is not None and value not in parameter.allowed_values:
        return "must be one of AllowedValues"
    if parameter.allowed_pattern is not None and not parameter.allowed_pattern.matches(value):
        return f"must match pattern {parameter.allowed_pattern.source}"
    if parameter.minimum_length is not None and len(value) < parameter.minimum_length:
        return f"must contain at least {parameter.minimum_length} characters"
    if parameter.maximum_length is not None and len(value) > parameter.maximum_length:
        return f"must contain at most {parameter.maximum_length} characters"
    if parameter.type in ("Number", "List<Number>"):
        return number_violation(parameter, value)
    return None


def number_violation(parameter: Parameter, value: str) -> str | None:
    parsed = parse_number(value)
    if parsed is None:
        return "must be a number"
    if parameter.minimum is not None and parsed < parameter.minimum:
        return f"must be a number not less than {parameter.minimum}"
    if parameter.maximum is not None and parsed > parameter.maximum:
        return f"must be a number not greater than {parameter.maximum}"
    return None
