"""IoT Core's errors. https://docs.aws.amazon.com/iot/latest/apireference/CommonErrors.html"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from headwater.spine.errors import AwsError
from headwater.spine.shapes import failure


def invalid_request(message: str) -> AwsError:
    return AwsError("InvalidRequestException", message)


def already_exists(message: str, name: str, arn: str) -> AwsError:
    return AwsError("ResourceAlreadyExistsException", message, 409, resourceId=name, resourceArn=arn)


def not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, 404)


def rule_denied(name: str) -> AwsError:
    """What AWS answers for a rule that does not exist."""
    return AwsError("UnauthorizedException", f"Access to topic rule '{name}' was denied", 401)


def destination_denied(arn: str) -> AwsError:
    """Likewise of a topic rule destination: its operations know no error of something that is not there."""
    return AwsError("UnauthorizedException", f"Access to topic rule destination '{arn}' was denied", 401)


def unauthorized(message: str) -> AwsError:
    return AwsError("UnauthorizedException", message, 401)


def sql_parse(message: str) -> AwsError:
    return AwsError("SqlParseException", message)


def check_name(request: Mapping[str, Any], member: str, pattern: re.Pattern[str], longest: int = 128) -> str:
    """A name of the given form, or the error that the front end answers."""
    name = request.get(member)
    if name is None:
        constraint = "Member must not be null"
    elif len(name) > longest:
        constraint = f"Member must have length less than or equal to {longest}"
    elif not pattern.fullmatch(name):
        constraint = f"Member must satisfy regular expression pattern: {pattern.pattern}"
    else:
        return str(name)
    raise invalid_request(f"1 validation error detected: {failure(name, member, constraint)}")


def page_size(request: Mapping[str, Any], member: str, most: int) -> int:
    """How many a page of a list is to have: ``most`` where the request does not say."""
    size: int = request.get(member) or most
    if not 1 <= size <= most:
        raise invalid_request(f"{member} must be from 1 to {most}.")
    return size


def missing(member: str) -> AwsError:
    """The front end's error of a request that lacks what the model requires."""
    sentence = failure(None, member[:1].lower() + member[1:], "Member must not be null")
    return invalid_request(f"1 validation error detected: {sentence}")
