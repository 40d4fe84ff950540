"""What a Python function finds loaded already. In a room of its own: the server must know, and needs nothing else of a
launcher's."""

PRELOADED = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
