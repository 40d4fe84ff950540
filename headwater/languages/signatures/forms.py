"""Signatures of browsers' forms: of the policy's text, by either version.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hmac import compare_digest

from headwater.languages.signatures.canonical import signing_key
from headwater.languages.signatures.claims import TERMINATOR
from headwater.languages.signatures.faults import Fault, Flaw
from headwater.languages.signatures.version2 import signature2


def access_key_of(fields: Mapping[str, str]) -> str:
    """Whose form it is; '' where it is nobody's. ``fields`` have lower-case names."""
    return fields.get("x-amz-credential", "").partition("/")[0] or fields.get("awsaccesskeyid", "")


def verify_form(fields: Mapping[str, str], secret: str) -> None:
    """Flaw where its policy is not the one that was signed."""
    policy = fields["policy"]
    credential = fields.get("x-amz-credential")
    if credential is None:
        given, should = fields.get("signature", ""), signature2(policy, secret)
    else:
        parts = credential.split("/")
        if len(parts) != 5 or parts[4] != TERMINATOR:
            raise Flaw(Fault.CREDENTIAL, credential, True)
        key = signing_key(secret, *parts[1:4])
        given, should = fields.get("x-amz-signature", ""), hmac.digest(key, policy.encode(), "sha256").hex()
    if not compare_digest(should.encode(), given.encode()):
        raise Flaw(
            Fault.MISMATCH, access_key_of(fields), given, policy, "", why="the policy is not the one that was signed"
        )
