"""Dashboards, as records: nothing here draws them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
"""

from __future__ import annotations

import re

import orjson

from headwater.services.monitoring import tables
from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


@operation("monitoring", "PutDashboard")
def put_dashboard(call: Call, request: Request) -> Result:
    name, body = request["DashboardName"], request["DashboardBody"]
    if request.get("Tags"):
        raise not_implemented("Tags of PutDashboard")
    if not _NAME.fullmatch(name):
        raise _wrong("The dashboard name may hold only alphanumerics, dash (-) and underscore (_).")
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _wrong("The field DashboardBody must be a valid JSON object") from None
    if not isinstance(parsed, dict):
        raise _wrong("The field DashboardBody must be a valid JSON object")
    call.store.run(tables.PUT_DASHBOARD, (call.account, call.region, name, body, call.now))
    return {"DashboardValidationMessages": []}


def _wrong(message: str) -> AwsError:
    return AwsError("DashboardInvalidInputError", message, dashboardValidationMessages=[{"Message": message}])


@operation("monitoring", "GetDashboard", reads=True)
def get_dashboard(call: Call, request: Request) -> Result:
    name = request["DashboardName"]
    row = call.store.one(tables.FIND_DASHBOARD, (call.account, call.region, name))
    if row is None:
        raise _unknown(name)
    return {"DashboardArn": dashboard_arn(call, name), "DashboardBody": row[0], "DashboardName": name}


def dashboard_arn(call: Call, name: str) -> str:
    return make_arn("cloudwatch", "", call.account, f"dashboard/{name}")


def _unknown(name: str) -> AwsError:
    return AwsError("DashboardNotFoundError", f"Dashboard {name} does not exist", 404)


@operation("monitoring", "ListDashboards", reads=True)
def list_dashboards(call: Call, request: Request) -> Result:
    prefix = request.get("DashboardNamePrefix") or ""
    rows = call.store.all(tables.LIST_DASHBOARDS, (call.account, call.region))
    entries = [
        {
            "DashboardName": name,
            "DashboardArn": dashboard_arn(call, name),
            "LastModified": modified,
            "Size": len(body.encode()),
        }
        for name, body, modified in rows
        if name.startswith(prefix)
    ]
    return {"DashboardEntries": entries}


@operation("monitoring", "DeleteDashboards")
def delete_dashboards(call: Call, request: Request) -> Result:
    for name in request["DashboardNames"]:
        if call.store.one(tables.FIND_DASHBOARD, (call.account, call.region, name)) is None:
            raise _unknown(name)
        call.store.run(tables.DELETE_DASHBOARD, (call.account, call.region, name))
    return {}
