"""Resource policies of tables and streams: kept and told. Whoever is weighed is weighed by them too.

A policy that goes leaves its revision behind. AWS lets two changes be no less than 15 seconds apart, and tells of them
only after a second or two; here they are told at once, and may follow each other.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutResourcePolicy.html
"""

from __future__ import annotations

from headwater.services.dynamodb import tables
from headwater.services.dynamodb.errors import invalid_parameter, resource_not_found, table_not_found, validation
from headwater.services.dynamodb.policy_form import canonical_policy
from headwater.services.dynamodb.table import table_by_arn
from headwater.spine.arns import parse_arn, partition_of
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_NO_POLICY = "NO_POLICY"


@operation("dynamodb", "PutResourcePolicy")
def put_resource_policy(call: Call, request: Request) -> Result:
    arn = _check_resource(call, request["ResourceArn"])
    policy = canonical_policy(request["Policy"], partition_of(call.region))
    present, revision = _find(call, arn)
    _check_revision(arn, request.get("ExpectedRevisionId"), revision if present else None)
    if policy == present:
        return {"RevisionId": revision}
    return {"RevisionId": keep_policy(call, arn, policy)}


@operation("dynamodb", "GetResourcePolicy", reads=True)
def get_resource_policy(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetResourcePolicy.html"""
    arn = _check_resource(call, request["ResourceArn"])
    policy, revision = _find(call, arn)
    if policy is None:
        raise _not_found(arn)
    return {"Policy": policy, "RevisionId": revision}


@operation("dynamodb", "ResourcePolicy", internal=True, reads=True)
def resource_policy(call: Call, request: Request) -> Result:
    """The ``Policy`` of the table or stream of an ``Arn``, which may be an index's; None where it has none."""
    return {"Policy": _find(call, request["Arn"].partition("/index/")[0])[0]}


@operation("dynamodb", "DeleteResourcePolicy")
def delete_resource_policy(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteResourcePolicy.html"""
    arn = _check_resource(call, request["ResourceArn"])
    policy, revision = _find(call, arn)
    _check_revision(arn, request.get("ExpectedRevisionId"), revision if policy else None)
    if policy is not None:
        revision = keep_policy(call, arn, None)
    return {} if revision is None else {"RevisionId": revision}


def keep_policy(call: Call, arn: str, policy: str | None) -> str:
    """Writes the policy of a table or stream, or that it has none any more; its revision, which tells when it was."""
    _, before = _find(call, arn)
    revision = str(call.now if before is None else max(call.now, int(before) + 1))
    call.store.run(tables.PUT_POLICY, (arn, _table_arn(arn), policy, revision))
    return revision


def _find(call: Call, arn: str) -> tuple[str | None, str | None]:
    row = call.store.one(tables.FIND_POLICY, (arn,))
    return (None, None) if row is None else (row[0], row[1])


def _check_revision(arn: str, expected: str | None, present: str | None) -> None:
    """``present``: the revision of the policy that there is."""
    if expected is None or expected == (present or _NO_POLICY):
        return
    name = _table_arn(arn).rpartition("/")[2]
    if expected == _NO_POLICY:
        problem = (
            f"Requested policy update expecting none to be present for table {name}, but a policy exists with "
            f"revision id {present}."
        )
    elif present is None:
        problem = f"Requested update for policy with revision id {expected}, but table {name} has no policy."
    else:
        problem = (
            f"Requested update for policy with revision id {expected}, but the policy associated to target table "
            f"{name} has revision id {present}."
        )
    raise _not_found(problem)


def _not_found(detail: str) -> AwsError:
    text = f"Resource-based policy not found for the provided ResourceArn: {detail}"
    return AwsError("PolicyNotFoundException", text)


def _table_arn(arn: str) -> str:
    return arn.partition("/stream/")[0]


def _check_resource(call: Call, arn: str) -> str:
    """The ARN of a table or stream that there is; AwsError for any other."""
    if not arn.startswith("arn:"):
        raise invalid_parameter(f"ARNs must start with 'arn:': {arn}")
    parts = parse_arn(arn)
    kinds = parts.resource.split("/") if parts is not None else []
    if parts is None or parts.service != "dynamodb" or kinds[0] != "table" or len(kinds) not in (2, 4):
        raise invalid_parameter(f"Provided Arn is not a DynamoDB resource arn: {arn}")
    if len(kinds) == 4 and kinds[2] == "index":
        problem = "Invalid resource arn provided, only table or stream is accepted. Provided resource arn"
        raise invalid_parameter(f"{problem}: {arn}")
    if len(kinds) == 4 and kinds[2] != "stream":
        raise invalid_parameter(f"Provided Arn is not a DynamoDB resource arn: {arn}")
    if parts.account != call.account:
        raise validation("This action is only supported by accounts that match the resource owner's account.")
    if (parts.region, parts.partition) != (call.region, partition_of(call.region)):
        raise invalid_parameter(f"Invalid resource Arn: {arn}")
    call.span.subject = arn
    if table_by_arn(call, _table_arn(arn)) is None:
        raise table_not_found(kinds[1])
    if len(kinds) == 4 and call.store.one(tables.FIND_STREAM, (arn,)) is None:
        raise resource_not_found(f": Stream: {kinds[3]} not found for Table: {kinds[1]}")
    return arn
