"""AWS's API at an endpoint of ours, through botocore."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from headwater.deploy.errors import DeploymentError

DEFAULT_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"
CONFIG = Config(retries={"max_attempts": 2, "mode": "standard"}, s3={"addressing_style": "path"})


class Aws:
    """Clients of one account and region, as the environment names them for every tool of AWS, at one endpoint."""

    def __init__(self, endpoint: str, environment: Mapping[str, str]) -> None:
        self.endpoint = endpoint
        self.region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
        key = environment.get("AWS_ACCESS_KEY_ID", "")
        # a 12-digit access key id names its account; what others mean is for real AWS to know
        self.account = key if len(key) == 12 and key.isdigit() else DEFAULT_ACCOUNT
        self._session = botocore.session.Session()
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.create_client(
                service,
                region_name=self.region,
                endpoint_url=self.endpoint,
                aws_access_key_id=self.account,
                aws_secret_access_key="test",
                config=CONFIG,
            )
        return self._clients[service]


class ArtifactBucket:
    """The bucket that holds what deployments upload; made on first use."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._s3 = aws.client("s3")
        self.name = f"headwater-artifacts-{aws.account}-{aws.region}"
        self._known: set[str] = set()
        self._made = False

    def put(self, key: str, path: Path) -> None:
        if key in self._known:
            return
        try:
            self._make()
            if not self._has(key):
                self._s3.put_object(Bucket=self.name, Key=key, Body=path.read_bytes())
        except (ClientError, BotoCoreError) as error:
            raise DeploymentError(f"{path} cannot be uploaded: {error}") from error
        self._known.add(key)

    def url(self, key: str) -> str:
        return f"{self._aws.endpoint}/{self.name}/{key}"

    def _make(self) -> None:
        """CreateBucket of one's own bucket is harmless in us-east-1; elsewhere AWS says that it is there."""
        if self._made:
            return
        place = {} if self._aws.region == "us-east-1" else {"LocationConstraint": self._aws.region}
        try:
            self._s3.create_bucket(Bucket=self.name, **({"CreateBucketConfiguration": place} if place else {}))
        except ClientError as error:
            if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
                raise
        self._made = True

    def _has(self, key: str) -> bool:
        found = self._s3.list_objects_v2(Bucket=self.name, Prefix=key, MaxKeys=1).get("Contents", [])
        return any(each["Key"] == key for each in found)
