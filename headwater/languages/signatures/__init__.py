"""Signatures of requests to AWS, version 4 and, for S3, version 2: what one says of itself, what it should be, and
why it is not. Pure: of a request's text, a secret, and nothing else."""
