"""What is missing where spans are to be exported."""


class NoSuchExtra(Exception):
    """The extra ``otel`` is not installed."""
