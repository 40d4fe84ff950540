"""Where devices connect."""

from __future__ import annotations

from headwater.services.iot.errors import invalid_request
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_DATA = ("iot:Data", "iot:Data-ATS")
_OTHERS = ("iot:CredentialProvider", "iot:Jobs", "iot:DeviceAdvisor", "iot:Data-Beta")


@operation("iot", "DescribeEndpoint", reads=True)
def describe_endpoint(call: Call, request: Request) -> Result:
    """Our own host and port, that of TLS where there is one: the HTTP data plane, and MQTT over WebSocket at `/mqtt`.

    https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeEndpoint.html
    """
    kind = request.get("endpointType") or "iot:Data"
    if kind in _OTHERS:
        raise not_implemented(f"The IoT endpoint type {kind}")
    if kind not in _DATA:
        raise invalid_request(f"Endpoint type {kind} is invalid.")
    return {"endpointAddress": (call.secure_endpoint or call.endpoint).partition("://")[2]}
