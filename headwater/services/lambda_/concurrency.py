"""How many invocations may run at once.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.errors import invalid_parameter, throttled
from headwater.services.lambda_.function import Target, find_function
from headwater.services.lambda_.names import refer
from headwater.services.lambda_.quotas import CONCURRENCY
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.work import Work

_LEAST_UNRESERVED = 100


@operation("lambda", "PutFunctionConcurrency")
def put_function_concurrency(call: Call, request: Request) -> Result:
    function = find_function(call, refer(call, request))
    wanted = request["ReservedConcurrentExecutions"]
    row = call.store.one(tables.SUM_RESERVED, (call.account, call.region, function.arn))
    if (row[0] if row else 0) + wanted > call.quota(CONCURRENCY) - _LEAST_UNRESERVED:
        raise invalid_parameter(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{_LEAST_UNRESERVED}]."
        )
    call.store.run(tables.SET_RESERVED, (wanted, function.arn))
    call.memory.drop(function.arn)
    return {"ReservedConcurrentExecutions": wanted}


@operation("lambda", "GetFunctionConcurrency", reads=True)
def get_function_concurrency(call: Call, request: Request) -> Result:
    return {"ReservedConcurrentExecutions": find_function(call, refer(call, request)).reserved}


@operation("lambda", "DeleteFunctionConcurrency")
def delete_function_concurrency(call: Call, request: Request) -> Result:
    function = find_function(call, refer(call, request))
    call.store.run(tables.SET_RESERVED, (None, function.arn))
    call.memory.drop(function.arn)
    return {}


@operation("lambda", "GetAccountSettings", reads=True)
def get_account_settings(call: Call, request: Request) -> Result:
    reserved = call.store.one(tables.SUM_RESERVED, (call.account, call.region, ""))
    versions = call.store.all(tables.LIST_ACCOUNT, (call.account, call.region))
    return {
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800,
            "CodeSizeUnzipped": 262_144_000,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": call.quota(CONCURRENCY),
            "UnreservedConcurrentExecutions": call.quota(CONCURRENCY) - (reserved[0] if reserved else 0),
        },
        "AccountUsage": {
            "TotalCodeSize": sum(orjson.loads(text)["CodeSize"] for _, text in versions),
            "FunctionCount": len({arn for arn, _ in versions}),
        },
    }


@contextmanager
def one_more(work: Work, target: Target, spare: int = 0) -> Iterator[None]:
    """Count an invocation while it runs; TooManyRequestsException where it is one too many. ``spare``: how many of the
    account's are left to others."""
    arn, memory = target.arn, work.memory
    account = (arn.split(":", 5)[4], arn.split(":", 4)[3])
    if target.reserved is not None:
        if memory.running[arn] >= target.reserved:
            raise throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
    elif memory.running_in_account[account] >= work.quota(CONCURRENCY) - spare:
        raise throttled("ConcurrentInvocationLimitExceeded")
    memory.running[arn] += 1
    memory.running_in_account[account] += target.reserved is None
    try:
        yield
    finally:
        memory.running[arn] -= 1
        memory.running_in_account[account] -= target.reserved is None
