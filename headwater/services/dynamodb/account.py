"""What an account is told of itself: limits and endpoints.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeLimits.html
"""

from __future__ import annotations

from headwater.spine.operations import Call, Request, Result, operation


@operation("dynamodb", "DescribeLimits", reads=True)
def describe_limits(call: Call, request: Request) -> Result:
    """The quotas that a new account has."""
    return {
        "AccountMaxReadCapacityUnits": 80000,
        "AccountMaxWriteCapacityUnits": 80000,
        "TableMaxReadCapacityUnits": 40000,
        "TableMaxWriteCapacityUnits": 40000,
    }


@operation("dynamodb", "DescribeEndpoints", reads=True)
def describe_endpoints(call: Call, request: Request) -> Result:
    return {"Endpoints": [{"Address": call.endpoint.partition("://")[2], "CachePeriodInMinutes": 1440}]}
