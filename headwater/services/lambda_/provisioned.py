"""Provisioned concurrency: environments that AWS keeps ready for a version or an alias.

Here a function starts in milliseconds from a process that is ready anyway, so what is asked for is there at once.
https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.errors import invalid_parameter
from headwater.services.lambda_.function import find_configuration, find_function, find_setting, save_setting
from headwater.services.lambda_.names import LATEST, Reference, refer
from headwater.services.lambda_.pages import page
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.timestamps import iso8601_seconds

KIND = "provisioned"


def _find(call: Call, request: Request) -> Reference:
    reference = refer(call, request)
    find_function(call, reference)
    if reference.qualifier in (None, "", LATEST):
        raise invalid_parameter("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
    find_configuration(call, reference)
    return reference


def _shown(stored: dict[str, Any]) -> Result:
    number = stored["Requested"]
    return {
        "RequestedProvisionedConcurrentExecutions": number,
        "AvailableProvisionedConcurrentExecutions": number,
        "AllocatedProvisionedConcurrentExecutions": number,
        "Status": "READY",
        "LastModified": iso8601_seconds(stored["LastModified"]).replace("Z", "+0000"),
    }


@operation("lambda", "PutProvisionedConcurrencyConfig")
def put_provisioned_concurrency_config(call: Call, request: Request) -> Result:
    reference = _find(call, request)
    function, wanted = find_function(call, reference), request["ProvisionedConcurrentExecutions"]
    if function.reserved is not None and wanted > function.reserved:
        raise invalid_parameter(
            "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
        )
    stored = {"Requested": wanted, "LastModified": call.now}
    save_setting(call, reference.arn, KIND, str(reference.qualifier), stored)
    return _shown(stored)


@operation("lambda", "GetProvisionedConcurrencyConfig", reads=True)
def get_provisioned_concurrency_config(call: Call, request: Request) -> Result:
    reference = _find(call, request)
    stored = find_setting(call, reference.arn, KIND, str(reference.qualifier))
    if stored is None:
        text = "No Provisioned Concurrency Config found for this function"
        raise AwsError("ProvisionedConcurrencyConfigNotFoundException", text, 404)
    return _shown(stored)


@operation("lambda", "DeleteProvisionedConcurrencyConfig")
def delete_provisioned_concurrency_config(call: Call, request: Request) -> Result:
    reference = _find(call, request)
    call.store.run(tables.DELETE_SETTING, (reference.arn, KIND, str(reference.qualifier)))
    return {}


@operation("lambda", "ListProvisionedConcurrencyConfigs", reads=True)
def list_provisioned_concurrency_configs(call: Call, request: Request) -> Result:
    function = find_function(call, refer(call, request))
    found, marker = page(
        request,
        lambda after, limit: call.store.all(tables.LIST_SETTINGS, (function.arn, KIND, after, limit)),
        most=50,
    )
    configurations = [
        {"FunctionArn": f"{function.arn}:{qualifier}", **_shown(orjson.loads(text))} for qualifier, text in found
    ]
    return {"ProvisionedConcurrencyConfigs": configurations, "NextMarker": marker}
