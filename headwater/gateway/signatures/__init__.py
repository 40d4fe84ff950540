"""Verification of the signatures of requests: who may have signed, and how AWS says that they have not. This door is
light: what is behind it is loaded for the first request that is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headwater.gateway.messages import HttpRequest
    from headwater.gateway.signatures.verifier import Verifier
    from headwater.languages.signatures.faults import Flaw
    from headwater.spine.engine import Engine
    from headwater.spine.errors import AwsError
    from headwater.spine.operations import Operation


class Signatures:
    """Judges the requests to one cloud."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: Verifier | None = None

    def judge(self, request: HttpRequest) -> Flaw | None:
        """What AWS would not take of how a request is signed; None where nothing is wrong."""
        return self._verifier().judge(request)

    def judge_url(self, request: HttpRequest) -> None:
        """Have what is found on a presigned URL noted, unless it has been judged already."""
        if not self._engine.verifies_signatures:
            request.flaw, request.excused = self._verifier().judge_url(request), True

    def judge_form(self, fields: dict[str, str]) -> Flaw | None:
        """The same of a browser's form with a policy, to be noted. AwsError where it is refused."""
        from headwater.gateway.signatures.wording import refusal

        flaw = self._verifier().judge_form(fields)
        if flaw is not None and self._engine.verifies_signatures:
            raise refusal(flaw, "s3", "rest-xml")
        return flaw

    def _verifier(self) -> Verifier:
        if self._known is None:
            from headwater.gateway.signatures.verifier import Verifier

            self._known = Verifier(self._engine)
        return self._known


def heed(operation: Operation, flaw: Flaw | None, protocol: str, excused: bool) -> tuple[Operation, AwsError | None]:
    """The operation as a flawed request gets it, and the error that it ends in, unless the flaw is only to be told."""
    if flaw is None:
        return operation, None
    from headwater.gateway.signatures.refusing import heed_flaw

    return heed_flaw(operation, flaw, protocol, excused)


def refused_by_signature(request: HttpRequest) -> tuple[str, str] | None:
    """AWS's code and message of a flawed request to a user's own API or function, where those ask for a signature;
    None where it has none, or nothing is verified."""
    if request.flaw is None or request.excused:
        return None
    from headwater.gateway.signatures.refusing import refused_as_users_api

    return refused_as_users_api(request.flaw)
