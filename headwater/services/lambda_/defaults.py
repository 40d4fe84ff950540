"""Settings that Lambda has for each function and that nobody can change here: their defaults.

Tools ask for them after they have made a function.
"""

from __future__ import annotations

from headwater.services.lambda_.function import find_function
from headwater.services.lambda_.names import refer
from headwater.spine.operations import Call, Request, Result, operation


@operation("lambda", "GetFunctionCodeSigningConfig", reads=True)
def get_function_code_signing_config(call: Call, request: Request) -> Result:
    return {"FunctionName": find_function(call, refer(call, request)).name}


@operation("lambda", "GetRuntimeManagementConfig", reads=True)
def get_runtime_management_config(call: Call, request: Request) -> Result:
    return {"UpdateRuntimeOn": "Auto", "FunctionArn": find_function(call, refer(call, request)).arn}
