"""What people sign for a Content-Type, to be tried where another was sent."""

from __future__ import annotations

COMMON_TYPES = (
    "", "application/octet-stream", "application/json", "text/plain", "text/plain;charset=UTF-8",
    "text/plain; charset=utf-8", "text/html", "text/csv", "text/xml", "text/css", "application/xml", "application/pdf",
    "application/zip", "application/gzip", "application/x-www-form-urlencoded", "application/javascript",
    "application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/vnd.ms-excel", "application/msword",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "multipart/form-data", "binary/octet-stream",
    "image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "image/svg+xml", "image/*", "audio/mpeg",
    "video/mp4", "video/quicktime", "application/json; charset=utf-8", "application/json;charset=UTF-8",
)  # fmt: skip


def type_told(kind: str) -> str:
    return f"for the content-type {kind}" if kind else "with no content-type"
