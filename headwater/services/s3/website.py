"""Static websites: index and error documents, redirects.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html
"""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote, unquote

from headwater.services.s3.bucket import Bucket, bucket_by_name
from headwater.services.s3.errors import no_such_bucket
from headwater.services.s3.objects import current
from headwater.services.s3.reading import get_object
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.timestamps import rfc822

_STATUS_TEXTS = {304: "Not Modified", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed"}
_SENT = {
    "ContentType": "Content-Type",
    "CacheControl": "Cache-Control",
    "ContentDisposition": "Content-Disposition",
    "ContentEncoding": "Content-Encoding",
    "ContentLanguage": "Content-Language",
    "Expires": "Expires",
    "ETag": "ETag",
    "ContentRange": "Content-Range",
}


@operation("s3", "GetWebsitePage", internal=True, reads=True)
def get_website_page(call: Call, request: Request) -> Result:
    """``Status``, ``Headers`` and ``Body`` for ``Path`` (percent-encoded, from the website's root) of ``Bucket``.

    ``Mount`` is what redirects within the website have to have before them.
    """
    name, mount = request["Bucket"], request["Mount"]
    bucket = bucket_by_name(call, name)
    if bucket is None:
        return _error_page(no_such_bucket(name))
    call.span.subject = bucket.arn
    website = bucket.settings.get("Website")
    if website is None:
        text = "The specified bucket does not have a website configuration"
        return _error_page(AwsError("NoSuchWebsiteConfiguration", text, 404, BucketName=name))
    if request["Method"] not in ("GET", "HEAD"):
        text = "The specified method is not allowed against this resource."
        return _error_page(AwsError("MethodNotAllowed", text, 405, Method=request["Method"]))
    if not request["Path"]:
        return _redirect(302, f"{mount}/")
    return _Site(call, request, bucket, website).page()


class _Site:
    """One request to one website."""

    def __init__(self, call: Call, request: Request, bucket: Bucket, website: dict[str, Any]) -> None:
        self._call = call
        self._request = request
        self._bucket = bucket
        self._website = website
        self._mount: str = request["Mount"]

    def page(self) -> Result:
        key = unquote(self._request["Path"][1:])
        everything = self._website.get("RedirectAllRequestsTo")
        if everything is not None:
            protocol = everything.get("Protocol", "http")
            return _redirect(301, f"{protocol}://{everything['HostName']}/{quote(key)}")
        redirected = self._by_rule(key, None)
        if redirected is not None:
            return redirected
        index = self._website["IndexDocument"]["Suffix"]
        asked = key + index if not key or key.endswith("/") else key
        try:
            return self._object(asked, 200)
        except AwsError as error:
            below = f"{key}/{index}"
            if error.code == "NoSuchKey" and asked == key and current(self._call, self._bucket, below) is not None:
                return _redirect(302, f"{self._mount}/{quote(key)}/")
            return self._by_rule(key, error.status) or self._failed(error)

    def _object(self, key: str, status: int) -> Result:
        asked = {"Bucket": self._bucket.name, "Key": key}
        if status == 200:
            asked |= {name: self._request[name] for name in ("IfNoneMatch", "Range") if name in self._request}
        found = get_object(self._call, asked)
        location = found.get("WebsiteRedirectLocation")
        if location is not None and status == 200:
            return _redirect(301, self._mount + location if location.startswith("/") else location)
        headers = {wire: found[name] for name, wire in _SENT.items() if name in found}
        headers["Last-Modified"] = rfc822(found["LastModified"])
        return {"Status": found.get("StatusCode", status), "Headers": headers, "Body": found["Body"]}

    def _failed(self, error: AwsError) -> Result:
        if error.status == 304:
            return {"Status": 304, "Headers": {"ETag": error.members["ETag"]}, "Body": b""}
        document = self._website.get("ErrorDocument", {}).get("Key")
        if document is None or not 400 <= error.status < 500:
            return _error_page(error)
        try:
            return self._object(document, error.status)
        except AwsError as second:
            return _error_page(error, second)

    def _by_rule(self, key: str, status: int | None) -> Result | None:
        """What the first routing rule that holds says; ``status`` is that of an error, None before the look-up."""
        for rule in self._website.get("RoutingRules", ()):
            condition = rule.get("Condition", {})
            prefix, code = condition.get("KeyPrefixEquals", ""), condition.get("HttpErrorCodeReturnedEquals")
            if not key.startswith(prefix) or (str(status) if status else None) != code:
                continue
            redirect = rule["Redirect"]
            target = redirect.get("ReplaceKeyWith")
            if target is None:
                replaced = redirect.get("ReplaceKeyPrefixWith")
                target = key if replaced is None else replaced + key[len(prefix) :]
            return _redirect(int(redirect.get("HttpRedirectCode", 301)), self._absolute(redirect, quote(target)))
        return None

    def _absolute(self, redirect: dict[str, Any], target: str) -> str:
        if "HostName" not in redirect:
            return f"{self._mount}/{target}"
        return f"{redirect.get('Protocol', 'http')}://{redirect['HostName']}/{target}"


def _redirect(status: int, location: str) -> Result:
    return {"Status": status, "Headers": {"Location": location}, "Body": b""}


def _error_page(error: AwsError, second: AwsError | None = None) -> Result:
    """The page that S3 makes where the website has none."""
    title = f"{error.status} {_STATUS_TEXTS.get(error.status, 'Error')}"
    members = {"Code": error.code, "Message": error.message, **error.members}
    rows = "".join(f"<li>{escape(str(name))}: {escape(str(value))}</li>\n" for name, value in members.items())
    more = ""
    if second is not None:
        heading = "An Error Occurred While Attempting to Retrieve a Custom Error Document"
        rows_of_second = f"<li>Code: {second.code}</li>\n<li>Message: {escape(second.message)}</li>\n"
        more = f"<h3>{heading}</h3>\n<ul>\n{rows_of_second}</ul>\n"
    text = (
        f"<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n<ul>\n{rows}</ul>\n{more}"
        "<hr/>\n</body>\n</html>\n"
    )
    headers = {"Content-Type": "text/html; charset=utf-8", "x-amz-error-code": error.code}
    return {"Status": error.status, "Headers": headers, "Body": text.encode()}
