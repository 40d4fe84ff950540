"""What S3 does that its API's model does not tell: hosts that name buckets, framed uploads, presigned URLs, browsers'
forms and CORS, websites. Everything else goes on, made plain, to the AWS APIs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from headwater.gateway.aws import AwsApis
from headwater.gateway.connection import HttpConnection
from headwater.gateway.identity import DEFAULT_ACCOUNT, DEFAULT_REGION, Callers, scope_of
from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.preflight import preflight
from headwater.gateway.protocols import WireService, load_service
from headwater.gateway.s3_addresses import Page, bucket_of_host, bucket_of_path, is_signed_for_s3, website_page
from headwater.gateway.s3_bodies import check_document, is_form, is_framed, unframe
from headwater.gateway.s3_presigned import PresignedUrls, is_presigned
from headwater.gateway.signatures import Signatures, heed
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError, internal_error
from headwater.spine.operations import Caller, Result

if TYPE_CHECKING:
    from headwater.languages.signatures.faults import Flaw

Finished = Callable[[Result | None, AwsError | None], None]
_ANYBODY = Caller(DEFAULT_ACCOUNT, DEFAULT_REGION, "*")


class S3Site:
    """Takes what only S3 answers; makes other requests to S3 plain and lets them pass."""

    def __init__(self, engine: Engine, apis: AwsApis, signatures: Signatures) -> None:
        self._engine = engine
        self._signatures = signatures
        self._presigned = PresignedUrls(engine.clock)
        self._apis = apis
        self._callers = Callers()
        self._made: WireService | None = None

    def handle(self, request: HttpRequest, connection: HttpConnection) -> bool:
        signed = is_signed_for_s3(request)
        headers = request.headers
        if not signed:
            if "authorization" in headers or "x-amz-target" in headers:
                return False
            page = website_page(request)
            if page is not None:
                self._serve(page, request, connection)
                return True
        if request.query and is_presigned(request):
            self._signatures.judge_url(request)
        # a browser's form is signed within
        posted = request.method == "POST" and request.path == "/" and is_form(request)
        bucket = bucket_of_host(request, signed or posted)
        if bucket is not None:
            request.path = f"/{bucket}{request.path}"
            headers["host"] = "s3.localhost"
        return self._plain(request, connection, signed or bucket is not None)

    def _plain(self, request: HttpRequest, connection: HttpConnection, certain: bool) -> bool:
        """Undo what S3's clients do to requests; True where that made an answer. ``certain``: it is S3's."""
        headers = request.headers
        try:
            if is_presigned(request):
                self._presigned.accept(request)
            if is_framed(request):
                unframe(request)
            if certain and request.query:
                check_document(request)
            if request.method == "POST" and is_form(request):
                from headwater.gateway.s3_forms import form_upload

                engine = self._engine
                upload = form_upload(request, bucket_of_path(request.path), engine.clock, engine.endpoint)
                caller = self._callers.find(scope_of(request, upload.credential)) if upload.credential else _ANYBODY
                flaw = self._signatures.judge_form(upload.fields) if "policy" in upload.fields else None
                answering = self._answering(connection, request, upload.answer)
                self._submit("PostObject", upload.parameters, answering, caller, flaw)
                return True
        except AwsError as error:
            self._refuse(connection, request, error)
            return True
        if "origin" not in headers or not (certain or request.method == "OPTIONS" or bucket_of_path(request.path)):
            return False
        self._ask_cors(request, connection)
        return True

    # ---- websites

    def _serve(self, page: Page, request: HttpRequest, connection: HttpConnection) -> None:
        asked = {"Bucket": page.bucket, "Path": page.path, "Mount": page.mount, "Method": request.method}
        conditions = {"IfNoneMatch": "if-none-match", "Range": "range"}
        asked |= {name: request.headers[wire] for name, wire in conditions.items() if wire in request.headers}
        self._submit("GetWebsitePage", asked, self._answering(connection, request, _page_response))

    # ---- browsers

    def _ask_cors(self, request: HttpRequest, connection: HttpConnection) -> None:
        headers = request.headers
        is_preflight = request.method == "OPTIONS"
        method = headers.get("access-control-request-method", "") if is_preflight else request.method
        asked = {
            "Bucket": bucket_of_path(request.path),
            "Origin": headers["origin"],
            "Method": method,
            "Headers": headers.get("access-control-request-headers", "") if is_preflight else "",
            "Preflight": is_preflight,
        }

        def answer(result: Result | None, error: AwsError | None) -> None:
            allowed = [] if result is None else [(name, value) for name, value in result["Headers"].items()]
            if not is_preflight:
                self._apis.handle(request, _WithHeaders(connection, allowed))  # type: ignore[arg-type]
            elif error is not None and error.code == "NoSuchBucket":
                connection.respond(preflight(request))
            elif error is not None:
                self._refuse(connection, request, error)
            else:
                connection.respond(HttpResponse(200, allowed))

        self._submit("MatchCors", asked, answer)

    # ---- operations and answers

    def _submit(
        self,
        name: str,
        parameters: dict[str, Any],
        finished: Finished,
        caller: Caller = _ANYBODY,
        flaw: Flaw | None = None,
    ) -> None:
        try:
            operation = self._engine.find("s3", name)
        except AwsError as error:
            finished(None, error)
            return
        operation, _ = heed(operation, flaw, "rest-xml", excused=True)
        self._engine.submit(operation, parameters, caller, None, finished, None)

    def _answering(
        self, connection: HttpConnection, request: HttpRequest, answer: Callable[[Result], HttpResponse]
    ) -> Finished:
        def finished(result: Result | None, error: AwsError | None) -> None:
            if result is None:
                self._refuse(connection, request, error or internal_error())
            else:
                connection.respond(answer(result))

        return finished

    def _refuse(self, connection: HttpConnection, request: HttpRequest, error: AwsError) -> None:
        if self._made is None:
            self._made = load_service("s3")
        name = "HeadObject" if request.method == "HEAD" else None
        connection.respond(self._made.error("rest-xml", error, self._engine.ids.uuid(), name))


class _WithHeaders:
    """A connection whose answer gets further headers."""

    def __init__(self, connection: HttpConnection, headers: list[tuple[str, str]]) -> None:
        self._connection = connection
        self._headers = headers
        self.abandoned: Callable[[], object] | None = None

    def respond(self, response: HttpResponse) -> None:
        response.headers.extend(self._headers)
        self._connection.respond(response)

    def close(self) -> None:
        self._connection.close()


def _page_response(result: Result) -> HttpResponse:
    return HttpResponse(result["Status"], list(result["Headers"].items()), result["Body"])
