"""The context object that a Python handler gets.

https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from headwater.runtime.guest.clock import machine_time


class Client:
    """The mobile application that called, as its SDK described it."""

    def __init__(self, client: dict[str, Any]) -> None:
        self.installation_id = client.get("installation_id")
        self.app_title = client.get("app_title")
        self.app_version_name = client.get("app_version_name")
        self.app_version_code = client.get("app_version_code")
        self.app_package_name = client.get("app_package_name")


class ClientContext:
    """``ClientContext`` of the invocation, with the caller's own values under ``custom``."""

    def __init__(self, context: dict[str, Any]) -> None:
        self.client = Client(context.get("client") or {})
        self.custom = context.get("custom")
        self.env = context.get("env")


class CognitoIdentity:
    """Who called through Cognito; None where nobody did."""

    def __init__(self, identity: dict[str, Any]) -> None:
        self.cognito_identity_id = identity.get("cognitoIdentityId")
        self.cognito_identity_pool_id = identity.get("cognitoIdentityPoolId")


class LambdaContext:
    """One invocation as the handler sees it."""

    def __init__(self, headers: dict[str, str]) -> None:
        environment = os.environ
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers["lambda-runtime-invoked-function-arn"]
        self._deadline = int(headers["lambda-runtime-deadline-ms"])
        self.function_name = environment.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = environment.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = environment.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environment.get("AWS_LAMBDA_LOG_STREAM_NAME")
        context = headers.get("lambda-runtime-client-context")
        self.client_context = ClientContext(json.loads(context)) if context else None
        identity = headers.get("lambda-runtime-cognito-identity")
        self.identity = CognitoIdentity(json.loads(identity) if identity else {})

    def get_remaining_time_in_millis(self) -> int:
        """What is left until the timeout."""
        return max(0, self._deadline - int(machine_time() * 1000))

    def log(self, message: object) -> None:
        """Write to the log, as it stands."""
        sys.stdout.write(str(message))

    def __repr__(self) -> str:
        return f"LambdaContext({vars(self)})"
