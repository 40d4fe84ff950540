"""Judges requests as they arrive, before anything is changed on them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
"""

from __future__ import annotations

from headwater.gateway.messages import HttpRequest
from headwater.gateway.s3_addresses import bucket_of_host
from headwater.gateway.signatures.secrets import is_customary, secret_of
from headwater.languages.signatures.claims import Claim, millis, read_claim
from headwater.languages.signatures.differences import name_difference
from headwater.languages.signatures.faults import Fault, Flaw
from headwater.languages.signatures.forms import access_key_of, verify_form
from headwater.languages.signatures.message import Message
from headwater.languages.signatures.verifying import check_headers, is_s3, verify
from headwater.languages.signatures.version2 import read_claim2, verify2
from headwater.spine.engine import Engine

_MINUTE = 60 * 1000
_ENOUGH = 20
_PATIENT = frozenset({"iam", "s3", "sns", "sqs", "sts"})  # services that let a clock be off by 15 minutes, others by 5


class Verifier:
    """Knows the secrets of a cloud's access keys, and what the time is."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._unexplained: dict[str, int] = {}  # wrong signatures since the last right one, by access key

    def judge(self, request: HttpRequest) -> Flaw | None:
        """What AWS would not take of how a request is signed, MISSING where it is not; None where nothing is wrong."""
        message = Message(request.method, request.path, request.query, request.headers, request.body)
        access_key = ""
        try:
            if (old := read_claim2(message)) is not None:
                access_key = old.access_key
                bucket = bucket_of_host(request, True) or ""
                verify2(message, old, secret_of(self._engine, old.access_key, old.token), bucket)
            else:
                claim = read_claim(message)
                access_key = claim.access_key
                self._verify(message, claim)
        except Flaw as flaw:
            flaw.access_key = access_key
            return flaw
        return None

    def judge_url(self, request: HttpRequest) -> Flaw | None:
        """The same of a presigned URL where nothing is refused: nothing is said of one whose secret is not known."""
        flaw = self.judge(request)
        return None if flaw is None or _is_doubtful(flaw) else flaw

    def judge_form(self, fields: dict[str, str]) -> Flaw | None:
        """The same of a browser's form with a policy, by its fields."""
        access_key, token = access_key_of(fields), fields.get("x-amz-security-token")
        try:
            verify_form(fields, secret_of(self._engine, access_key, token))
        except Flaw as flaw:
            flaw.access_key = access_key
            return None if not self._engine.verifies_signatures and _is_doubtful(flaw) else flaw
        return None

    def _verify(self, message: Message, claim: Claim) -> None:
        check_headers(message, claim)
        secret = secret_of(self._engine, claim.access_key, claim.token)
        self._check_date(claim)
        try:
            verify(message, claim, secret)
        except Flaw as flaw:
            if flaw.fault is Fault.MISMATCH and not flaw.why and self._is_worth_a_search(claim.access_key):
                flaw.why = name_difference(message, claim, secret)
                flaw.found = bool(flaw.why)
                if not flaw.found:
                    self._unexplained[claim.access_key] = self._unexplained.get(claim.access_key, 0) + 1
            raise
        self._unexplained.pop(claim.access_key, None)

    def _is_worth_a_search(self, access_key: str) -> bool:
        """It takes a millisecond, and finds nothing where somebody uses another secret, as anybody may where nothing
        is verified."""
        return self._engine.verifies_signatures or self._unexplained.get(access_key, 0) < _ENOUGH

    def _check_date(self, claim: Claim) -> None:
        """Flaw where it was signed too long ago, or is yet to be. Whether a URL of S3's still holds is looked at by
        whoever serves it."""
        clock, date = self._engine.clock, millis(claim.date)
        skew = (15 if claim.service in _PATIENT else 5) * _MINUTE
        life = int(claim.expires) * 1000 if claim.expires is not None and claim.expires.isdigit() else 0
        if not clock.showed(date, skew + life, skew) and not (is_s3(claim) and claim.in_query):
            raise Flaw(Fault.SKEW, date, clock.now(), skew)


def _is_doubtful(flaw: Flaw) -> bool:
    """Whether it hangs on a secret that is not known where anybody may sign with any."""
    if flaw.fault is Fault.UNKNOWN_KEY or flaw.fault is Fault.TOKEN or flaw.fault is Fault.ASYMMETRIC:
        return True
    return flaw.fault is Fault.MISMATCH and is_customary(flaw.told[0]) and not flaw.found
