"""What the server knows of a launcher's process, in a room of its own: it needs nothing else of a launcher's."""

PRELOADED = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
"""What a Python function finds loaded already."""
FORK_SAFETY = {"OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES"}
"""Of its environment: on macOS the Objective-C runtime otherwise ends a fork in which it begins."""
