"""Which bucket a request to S3 means: by its host, by its path, or as a website.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

from headwater.gateway.messages import HttpRequest

WEBSITE_PATH = "/_website/"
"""Where websites are found by clients that cannot resolve ``bucket.s3-website.localhost``."""

_DOMAIN = r"\.(?:amazonaws\.com(?:\.cn)?|localhost(?:\.localstack\.cloud)?)\Z"
_VIRTUAL = re.compile(r"(.+)\.s3(?:[.-](?!website)[a-z0-9-]+)*" + _DOMAIN)
_WEBSITE = re.compile(r"(.+)\.s3-website(?:[.-][a-z0-9-]+)?" + _DOMAIN)
_LOCAL = re.compile(r"(.+)\.localhost\Z")


class Page(NamedTuple):
    """A page of a website; ``mount`` is the path before the website's own root."""

    bucket: str
    path: str
    mount: str


def is_signed_for_s3(request: HttpRequest) -> bool:
    """Whether the signature, in a header or in the query string, says S3."""
    authorization = request.headers.get("authorization")
    if authorization is not None:
        return "/s3/aws4_request" in authorization or authorization.startswith("AWS ")
    query = request.query
    return "%2Fs3%2Faws4_request" in query or "/s3/aws4_request" in query or "AWSAccessKeyId=" in query


def website_page(request: HttpRequest) -> Page | None:
    """The page of a website that a request asks for."""
    path = request.path
    if path.startswith(WEBSITE_PATH):
        bucket, slash, rest = path[len(WEBSITE_PATH) :].partition("/")
        return Page(bucket, slash + rest, WEBSITE_PATH + bucket)
    host = _host(request)
    match = _WEBSITE.match(host) if "s3-website" in host else None
    return Page(match[1], path, "") if match else None


def bucket_of_host(request: HttpRequest, signed: bool) -> str | None:
    """The bucket that the host names. A plain name before ``.localhost`` is one in requests ``signed`` for S3."""
    host = _host(request)
    match = _VIRTUAL.match(host) or (_LOCAL.match(host) if signed else None)
    if match is None or match[1] == "s3" or match[1].startswith("s3."):
        return None
    return match[1]


def bucket_of_path(path: str) -> str:
    """The first segment of a path."""
    return path[1:].partition("/")[0]


def _host(request: HttpRequest) -> str:
    return request.headers.get("host", "").partition(":")[0]
