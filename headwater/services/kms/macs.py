"""HMACs. https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html"""

from __future__ import annotations

import hashlib
import hmac

from headwater.services.kms.encrypting import secret_of_key
from headwater.services.kms.key import Key
from headwater.services.kms.specs import GENERATE_VERIFY_MAC
from headwater.services.kms.using import check_algorithm, check_dry_run, usable_key
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation


def _mac(call: Call, request: Request) -> tuple[Key, str, bytes]:
    key = usable_key(call, request, GENERATE_VERIFY_MAC)
    algorithm = check_algorithm(key, request["MacAlgorithm"])
    digest = getattr(hashlib, f"sha{algorithm.rpartition('_')[2]}")
    check_dry_run(request)
    return key, algorithm, hmac.new(secret_of_key(call, key), request["Message"], digest).digest()


@operation("kms", "GenerateMac", reads=True)
def generate_mac(call: Call, request: Request) -> Result:
    key, algorithm, mac = _mac(call, request)
    return {"Mac": mac, "MacAlgorithm": algorithm, "KeyId": key.arn}


@operation("kms", "VerifyMac", reads=True)
def verify_mac(call: Call, request: Request) -> Result:
    """One that does not hold is an error: KMSInvalidMacException."""
    key, algorithm, mac = _mac(call, request)
    if not hmac.compare_digest(mac, request["Mac"]):
        raise AwsError("KMSInvalidMacException", "")
    return {"KeyId": key.arn, "MacValid": True, "MacAlgorithm": algorithm}
