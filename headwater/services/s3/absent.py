"""Reads of features that no bucket here can have switched on: what AWS answers of a bucket without them.

Tools that describe a bucket as a whole (Terraform, the AWS CLI) ask for them.
"""

from __future__ import annotations

from headwater.services.s3.bucket import find_bucket
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation


@operation("s3", "GetBucketReplication", reads=True)
def get_bucket_replication(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    text = "The replication configuration was not found"
    raise AwsError("ReplicationConfigurationNotFoundError", text, 404, BucketName=bucket.name)
