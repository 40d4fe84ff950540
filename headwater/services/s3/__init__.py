"""Amazon S3. https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html"""

from headwater.services.s3 import (
    absent,
    access_logs,
    acls,
    buckets,
    completing,
    configurations,
    copying,
    cors,
    deleting,
    expiring,
    lifecycle,
    listing,
    listing_uploads,
    listing_versions,
    lock_settings,
    multipart,
    notification_settings,
    notifications,
    reading,
    resources,
    restoring,
    settings,
    tagging,
    topology,
    website,
    writing,
)
from headwater.services.s3.bucket import BucketMemory
from headwater.services.s3.collecting import collect_files
from headwater.services.s3.errors import missing
from headwater.services.s3.iam_actions import AUTHORIZATION
from headwater.services.s3.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="s3",
    modules=(
        absent,
        access_logs,
        acls,
        buckets,
        completing,
        configurations,
        copying,
        cors,
        deleting,
        expiring,
        lifecycle,
        listing,
        listing_uploads,
        listing_versions,
        lock_settings,
        multipart,
        notification_settings,
        notifications,
        reading,
        resources,
        restoring,
        settings,
        tagging,
        website,
        writing,
        topology,
    ),
    schema=SCHEMA,
    memory=BucketMemory,
    start=collect_files,
    authorization=AUTHORIZATION,
    missing=missing,
)
