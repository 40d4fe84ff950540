"""API Gateway's errors, worded as it words them."""

from headwater.spine.errors import AwsError


def bad_request(text: str) -> AwsError:
    return AwsError("BadRequestException", text, 400)


def missing(member: str) -> AwsError:
    return bad_request(f"Missing required parameter: {member}")


def conflict(text: str) -> AwsError:
    return AwsError("ConflictException", text, 409)


def not_found(text: str) -> AwsError:
    return AwsError("NotFoundException", text, 404)


def unknown_api(account: str, identity: str) -> AwsError:
    return not_found(f"Invalid API identifier specified {account}:{identity}")


def unknown_part(kind: str) -> AwsError:
    """``kind``: ``Route``, ``Stage``, ``Resource``, …"""
    return not_found(f"Invalid {'stage' if kind == 'Stage' else kind} identifier specified")
