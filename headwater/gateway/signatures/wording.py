"""How each kind of service says what is wrong with a signature.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from headwater.languages.signatures.claims import ALGORITHM, DATE_FORMAT, IN_QUERY, TERMINATOR
from headwater.languages.signatures.faults import Fault, Flaw
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.timestamps import iso8601_seconds

_SCOPE = f"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/{TERMINATOR}"
_HEADER = "The authorization header is malformed; "
_MISMATCH = "The request signature we calculated does not match the signature you provided. "
_OF_OTHERS = "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
_BAD_TOKEN = "The security token included in the request is invalid."
_QUOTING = frozenset({"json", "json-cbor", "smithy-rpc-v2-cbor"})
_MINUTE = 60 * 1000
_STATUS = {"json": 400, "json-cbor": 400, "smithy-rpc-v2-cbor": 400}  # others answer 403


def refusal(flaw: Flaw, service: str, protocol: str) -> AwsError:
    """The error of a request to a service, in one of its wire protocols."""
    if flaw.fault is Fault.ASYMMETRIC:
        return not_implemented("The verification of AWS4-ECDSA-P256-SHA256")
    return _of_s3(flaw) if service == "s3" else _of_others(flaw, service, protocol)


# ---- S3


def _of_s3(flaw: Flaw) -> AwsError:
    told = flaw.told
    match flaw.fault:
        case Fault.MISSING:
            return AwsError("AccessDenied", "Access Denied", 403)
        case Fault.UNKNOWN_KEY:
            text = "The AWS Access Key Id you provided does not exist in our records."
            return AwsError("InvalidAccessKeyId", text, 403, AWSAccessKeyId=told[0])
        case Fault.TOKEN:
            text = "The provided token is malformed or otherwise invalid."
            return AwsError("InvalidToken", text)
        case Fault.SKEW:
            text = "The difference between the request time and the current time is too large."
            times: dict[str, Any] = {"RequestTime": _basic(told[0]), "ServerTime": iso8601_seconds(told[1])}
            return AwsError("RequestTimeTooSkewed", text, 403, **times, MaxAllowedSkewMilliseconds=told[2])
        case Fault.UNSIGNED:
            text = "There were headers present in the request which were not signed"
            return AwsError("AccessDenied", text, 403, HeadersNotSigned=", ".join(told[0]))
        case Fault.NO_HASH:
            return AwsError("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
        case Fault.HASH:
            text = "The provided 'x-amz-content-sha256' header does not match what was computed."
            both: dict[str, Any] = {"ClientComputedContentSHA256": told[0], "S3ComputedContentSHA256": told[1]}
            return AwsError("XAmzContentSHA256Mismatch", text, 400, **both)
        case Fault.MISMATCH:
            return AwsError(
                "SignatureDoesNotMatch", f"{_MISMATCH}Check your key and signing method.", 403, **_shown(told)
            )
        case Fault.ALGORITHM:
            return AwsError(
                "InvalidArgument", "Unsupported Authorization Type", ArgumentName="Authorization", ArgumentValue=told[1]
            )
        case Fault.DATE if not told[1]:
            text = "AWS authentication requires a valid Date or x-amz-date header"
            return AwsError("AccessDenied", text, 403)
    return _malformed(flaw)


def _malformed(flaw: Flaw) -> AwsError:
    told = flaw.told
    match flaw.fault:
        case Fault.INCOMPLETE if not told[0]:
            text = "AWS authentication requires a valid Date or x-amz-date header"
            return AwsError("AccessDenied", text, 403)
        case Fault.INCOMPLETE | Fault.NO_EQUALS:
            text = "the authorization header requires three components: Credential, SignedHeaders, and Signature."
            return AwsError("AuthorizationHeaderMalformed", _HEADER + text)
        case Fault.INCOMPLETE_QUERY:
            text = f"{', '.join(IN_QUERY)}, and X-Amz-Expires parameters."
            return _of_query(f"Query-string authentication version 4 requires the {text}")
        case Fault.ALGORITHM_IN_QUERY:
            return _of_query(f'X-Amz-Algorithm only supports "{ALGORITHM} and AWS4-ECDSA-P256-SHA256"')
        case Fault.DATE:
            return _of_query("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    is_in_query = told[-1]
    match flaw.fault:
        case Fault.CREDENTIAL:
            what = f'the Credential is mal-formed; expecting "{_SCOPE}".'
        case Fault.TERMINATOR:
            what = f'incorrect terminal "{told[0]}". This endpoint uses "{TERMINATOR}".'
        case _:
            what = f'Invalid credential date "{told[0]}". This date is not the same as X-Amz-Date: "{told[1][:8]}".'
    if is_in_query:
        return _of_query(f"Error parsing the X-Amz-Credential parameter; {what}")
    return AwsError("AuthorizationHeaderMalformed", _HEADER + what)


def _of_query(text: str) -> AwsError:
    return AwsError("AuthorizationQueryParametersError", text)


def _shown(told: tuple[Any, ...]) -> dict[str, Any]:
    """What S3 tells of both sides of a mismatch."""
    access_key, signature, text, canonical = told
    members = {"AWSAccessKeyId": access_key, "StringToSign": text, "SignatureProvided": signature}
    members["StringToSignBytes"] = text.encode("latin-1", "replace").hex(" ")
    if canonical:
        members["CanonicalRequest"] = canonical
        members["CanonicalRequestBytes"] = canonical.encode("latin-1", "replace").hex(" ")
    return members


# ---- all others


def _of_others(flaw: Flaw, service: str, protocol: str) -> AwsError:
    # Lambda, STS and others have ceased to quote
    quotes = protocol in _QUOTING or service == "execute-api"
    query, status, told = protocol == "query", _STATUS.get(protocol, 403), flaw.told
    match flaw.fault:
        case Fault.MISSING:
            code = "MissingAuthenticationToken" if query else "MissingAuthenticationTokenException"
            return AwsError(code, "Request is missing Authentication Token", status)
        case Fault.UNKNOWN_KEY | Fault.TOKEN:
            return AwsError("InvalidClientTokenId" if query else "UnrecognizedClientException", _BAD_TOKEN, status)
        case Fault.ALGORITHM | Fault.NO_EQUALS | Fault.INCOMPLETE | Fault.INCOMPLETE_QUERY | Fault.CREDENTIAL:
            code = "IncompleteSignature" if query else "IncompleteSignatureException"
            return AwsError(code, _incomplete(flaw), status)
        case Fault.ALGORITHM_IN_QUERY:
            code = "IncompleteSignature" if query else "IncompleteSignatureException"
            return AwsError(code, f"Unsupported AWS 'algorithm': '{told[0]}'", status)
    return AwsError("SignatureDoesNotMatch" if query else "InvalidSignatureException", _mismatch(flaw, quotes), status)


def _incomplete(flaw: Flaw) -> str:
    told = flaw.told
    match flaw.fault:
        case Fault.CREDENTIAL:
            form = "keyid/date/region/service/term"
            return f"Credential must have exactly 5 slash-delimited elements, e.g. {form}, got '{told[0]}'"
        case Fault.INCOMPLETE_QUERY:
            return " ".join(f"AWS query-string parameters must include '{name}'." for name in told[0])
        case Fault.ALGORITHM if told[0] and " " in told[1]:
            return f"Unsupported AWS 'algorithm': '{told[0]}'"
        case Fault.ALGORITHM | Fault.NO_EQUALS:
            text = "Invalid key=value pair (missing equal-sign) in Authorization header"
            return f"{text} (hashed with SHA-256 and encoded with Base64): '{_hashed(told[1])}'."
    missing, has_date, header = told
    lacks = [f"Authorization header requires '{name}' parameter." for name in missing]
    if not has_date:
        lacks.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    return f"{' '.join(lacks)} (Hashed with SHA-256 and encoded with Base64) Authorization={_hashed(header)}"


def _mismatch(flaw: Flaw, quotes: bool) -> str:
    told = flaw.told
    match flaw.fault:
        case Fault.UNSIGNED:
            return "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        case Fault.DATE:
            return (
                f"Date must be in ISO-8601 'basic format'. Got '{told[0]}'. See http://en.wikipedia.org/wiki/ISO_8601"
            )
        case Fault.TERMINATOR:
            return f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{told[0]}'."
        case Fault.OTHER_DAY:
            days = f"'{told[0]}' != '{told[1][:8]}', from '{told[1]}'."
            return f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: {days}"
        case Fault.SKEW:
            return _skewed(*told)
    if not quotes:
        return f"{_MISMATCH}{_OF_OTHERS}"
    _, _, text, canonical = told
    quoted = f"The Canonical String for this request should have been\n'{canonical}'\n\n"
    quoted += f"The String-to-Sign should have been\n'{text}'\n"
    return f"{_MISMATCH}{_OF_OTHERS}\n\n{quoted}"


def _skewed(date: int, now: int, allowed: int) -> str:
    minutes = allowed // _MINUTE
    if date < now:
        limit = f"{_basic(now - allowed)} ({_basic(now)} - {minutes} min.)"
        return f"Signature expired: {_basic(date)} is now earlier than {limit}"
    limit = f"{_basic(now + allowed)} ({_basic(now)} + {minutes} min.)"
    return f"Signature not yet current: {_basic(date)} is still later than {limit}"


def _basic(instant: int) -> str:
    return datetime.fromtimestamp(instant // 1000, UTC).strftime(DATE_FORMAT)


def _hashed(text: str) -> str:
    return b64encode(sha256(text.encode("latin-1", "replace")).digest()).decode()
