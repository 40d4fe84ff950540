"""AWS's generic validation: the constraints of a service model, compiled once per operation.

``2 validation errors detected: Value '' at 'name' failed to satisfy constraint: Member must have length greater than or
equal to 1; Value null at 'roleArn' failed to satisfy constraint: Member must not be null``. Services whose front end is
not of that family (SQS, SNS, S3) have texts of their own and do not use this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import ge, le
from typing import Any

from headwater.languages.intrinsics_order import java_hash
from headwater.spine.errors import AwsError
from headwater.spine.models import Model, Reference, Shape

Validator = Callable[[Mapping[str, Any]], None]
"""Raises AwsError, mostly ValidationException, where a request breaks a constraint."""

Place = tuple[Any, str] | None
"""Where a value stands: its parent's place and its own name; turned into text only for a message."""
Check = Callable[[Any, Place, list[str]], None]
"""(value, place, failures so far): adds a sentence for each constraint that is not met."""

_CODE = "ValidationException"
_CODES = {"logs": "InvalidParameterException"}
"""Of services that have an error of their own for what breaks a constraint."""
_MOST_SHOWN = 10
# letters, separators, numbers and the underscore
_TAGS_IN_JAVA = r"\p{L}\p{Z}\p{N}_"
_TAGS = "\\w \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


def compile_validator(model: Model, operation: str) -> Validator:
    """The validator of an operation's request."""
    check = _Compiler(model).structure(model.input(operation))
    code = _CODES.get(model.name, _CODE)

    def validate(request: Mapping[str, Any]) -> None:
        if check is None:
            return
        failures: list[str] = []
        check(request, None, failures)
        if failures:
            raise validation_error(failures, code)

    return validate


def compile_required(model: Model, operation: str, missing: Callable[[str], AwsError | None]) -> Validator:
    """For services with words of their own: that nothing is missing which the model requires. ``missing`` makes the
    error of a member, or of one within (``rules.1.member.id``); None where the service itself sees to it."""
    names = tuple(model.input(operation).get("required", ()))
    check_within = _Compiler(model, lambda shape: None, _path).structure(model.input(operation))

    def validate(request: Mapping[str, Any]) -> None:
        for name in names:
            if name not in request and (error := missing(name)) is not None:
                raise error
        if check_within is not None:
            lacking: list[str] = []
            check_within(request, None, lacking)
            for place in lacking:
                if (error := missing(place)) is not None:
                    raise error

    return validate


def validation_error(failures: list[str], code: str = _CODE) -> AwsError:
    """The error of one or more sentences, such as :func:`failure` makes."""
    count = f"{len(failures)} validation error{'s' if len(failures) > 1 else ''} detected: "
    return AwsError(code, count + "; ".join(failures[:_MOST_SHOWN]))


def failure(value: Any, path: str, constraint: str) -> str:
    """``Value 'x' at 'name' failed to satisfy constraint: Member must …``."""
    shown = "null" if value is None else f"'{_java(value)}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


class _Compiler:
    """Compiles the shapes of one operation; None stands for nothing to check."""

    def __init__(
        self,
        model: Model,
        scalar: Callable[[Shape], Check | None] | None = None,
        lacking: Callable[[Place], str] | None = None,
    ) -> None:
        """``scalar`` makes the check of a value itself, ``lacking`` the words for a place without what is required."""
        self._model = model
        self._scalar = scalar or _scalar
        self._lacking = lacking or _is_null
        self._made: dict[str, Check | None] = {}

    def structure(self, shape: Shape) -> Check | None:
        """The check of a structure's members."""
        names = shape.get("required", ())
        required = frozenset(names)
        checks: dict[str, Check] = {}
        for name, member in shape["members"].items():
            check = self._check(member)
            if check is not None:
                checks[name] = check
        if not required and not checks:
            return None
        check_of, lacking = checks.get, self._lacking

        def run(value: Any, place: Place, failures: list[str]) -> None:
            if not required <= value.keys():
                missing = (name for name in names if name not in value)
                failures.extend(lacking((place, name)) for name in missing)
            for name, item in value.items():
                check = check_of(name)
                if check is not None and item is not None:
                    check(item, (place, name), failures)

        return run

    def _check(self, member: Reference) -> Check | None:
        name = member["shape"]
        if name in self._made:
            return self._made[name]
        shape = self._model.shapes[name]
        # Shapes that hold themselves are DynamoDB's attribute values, which the service goes through anyway.
        made = None if _recursive(self._model, name) else self._compile(shape)
        self._made[name] = made
        return made

    def _compile(self, shape: Shape) -> Check | None:
        kind = shape["type"]
        if kind == "structure":
            return self.structure(shape)
        own = self._scalar(shape)
        items = self._items(shape) if kind in ("list", "map") else None
        if own is None or items is None:
            return own or items

        def run(value: Any, place: Place, failures: list[str]) -> None:
            own(value, place, failures)
            items(value, place, failures)

        return run

    def _items(self, shape: Shape) -> Check | None:
        is_list = shape["type"] == "list"
        check = self._check(shape["member"] if is_list else shape["value"])
        key_check = None if is_list else self._check(shape["key"])
        if check is None and key_check is None:
            return None

        def run(value: Any, place: Place, failures: list[str]) -> None:
            pairs = enumerate(value, 1) if is_list else value.items()
            for key, item in pairs:
                if key_check is not None:
                    key_check(key, place, failures)
                if check is not None and item is not None:
                    check(item, ((place, str(key)), "member"), failures)

        return run


def _is_null(place: Place) -> str:
    return failure(None, _path(place), "Member must not be null")


def _recursive(model: Model, name: str) -> bool:
    """Whether a shape can hold itself."""
    seen: set[str] = set()
    todo = [name]
    while todo:
        shape = model.shapes[todo.pop()]
        below = [
            *shape.get("members", {}).values(),
            *(shape[key] for key in ("member", "key", "value") if key in shape),
        ]
        for reference in below:
            if reference["shape"] == name:
                return True
            if reference["shape"] not in seen:
                seen.add(reference["shape"])
                todo.append(reference["shape"])
    return False


def _scalar(shape: Shape) -> Check | None:
    """The constraints on a value itself: enumeration, pattern, length or range, in AWS's order."""
    checks: list[tuple[Callable[[Any], bool], str]] = []
    if "enum" in shape:
        allowed = frozenset(shape["enum"])
        told = ", ".join(in_aws_order(shape["enum"]))
        checks.append((allowed.__contains__, f"Member must satisfy enum value set: [{told}]"))
    pattern = _pattern(shape)
    if pattern is not None:
        matches = pattern.fullmatch
        text = f"Member must satisfy regular expression pattern: {shape['pattern']}"
        checks.append((lambda value: matches(value) is not None, text))
    checks.extend(_bounds(shape))
    if not checks:
        return None
    sensitive = shape.get("sensitive", False)

    def run(value: Any, place: Place, failures: list[str]) -> None:
        for holds, constraint in checks:
            if not holds(value):
                sentence = failure(value, _path(place), constraint)
                failures.append(f"Value at{sentence.partition(' at')[2]}" if sensitive else sentence)

    return run


def in_aws_order(members: Sequence[str]) -> list[str]:
    """The members of an enumeration as AWS's messages list them: by their places in a hash table of Java's, of 32 or as
    many more as leave a quarter free; what shares a place, the last of the model first. Seen of DynamoDB, Step
    Functions, KMS, Secrets Manager and Auto Scaling alike."""
    places = 32
    while len(members) * 4 > places * 3:
        places *= 2
    return sorted(members, key=lambda member: (java_hash(member) % places, -members.index(member)))


def _bounds(shape: Shape) -> list[tuple[Callable[[Any], bool], str]]:
    least, most = shape.get("min"), shape.get("max")
    checks: list[tuple[Callable[[Any], bool], str]] = []
    if shape["type"] in ("integer", "long", "float", "double"):
        if least is not None:
            checks.append((partial(le, least), f"Member must have value greater than or equal to {least}"))
        if most is not None:
            checks.append((partial(ge, most), f"Member must have value less than or equal to {most}"))
        return checks
    if least:
        checks.append((lambda value: len(value) >= least, f"Member must have length greater than or equal to {least}"))
    if most is not None:
        checks.append((lambda value: len(value) <= most, f"Member must have length less than or equal to {most}"))
    return checks


def _pattern(shape: Shape) -> re.Pattern[str] | None:
    """The pattern, in which ``\\w`` and its kin are ASCII as in Java; None where it is beyond Python's dialect, as
    Unicode's classes are but for those of tags."""
    text = shape.get("pattern")
    if not text or shape["type"] != "string":
        return None
    flags = re.NOFLAG if _TAGS_IN_JAVA in text else re.ASCII
    try:
        return re.compile(text.replace(_TAGS_IN_JAVA, _TAGS), flags)
    except re.error:
        return None


def _path(place: Place) -> str:
    parts = []
    while place is not None:
        place, name = place
        parts.append(_lower_first(name))
    return ".".join(reversed(parts))


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def _java(value: Any) -> str:
    """A value as Java's toString writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_java, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_java(item)}" for key, item in value.items()) + "}"
    return str(value)
