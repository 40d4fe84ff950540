"""`AWS::Serverless-2016-10-31`: SAM templates to plain ones, by AWS's own translator.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from threading import Lock
from types import MappingProxyType, SimpleNamespace
from typing import Any

from headwater.languages.templates import TemplateError

TRANSFORM = "AWS::Serverless-2016-10-31"

# Names that SAM's `Policies` may give without a path, where AWS keeps them under one.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
_SERVICE_ROLE_POLICIES = """
    AWSLambdaBasicExecutionRole AWSLambdaDynamoDBExecutionRole AWSLambdaENIManagementAccess
    AWSLambdaKinesisExecutionRole AWSLambdaMSKExecutionRole AWSLambdaRole AWSLambdaSQSQueueExecutionRole
    AWSLambdaVPCAccessExecutionRole AWSIoTRuleActions AWSIoTLogging AmazonAPIGatewayPushToCloudWatchLogs
    AmazonSNSRole AWSConfigRulesExecutionRole
"""
_POLICIES = """
    AWSXrayWriteOnlyAccess AWSXRayDaemonWriteAccess AWSLambdaExecute AWSLambdaInvocation-DynamoDB
    AWSLambda_FullAccess AWSLambda_ReadOnlyAccess AWSStepFunctionsFullAccess AWSStepFunctionsReadOnlyAccess
    AmazonDynamoDBFullAccess AmazonDynamoDBReadOnlyAccess AmazonEventBridgeFullAccess
    AmazonEventBridgeReadOnlyAccess AmazonS3FullAccess AmazonS3ReadOnlyAccess AmazonSNSFullAccess
    AmazonSNSReadOnlyAccess AmazonSQSFullAccess AmazonSQSReadOnlyAccess AmazonSSMFullAccess
    AmazonSSMReadOnlyAccess AWSIoTDataAccess AWSIoTFullAccess AdministratorAccess CloudWatchFullAccess
    CloudWatchLogsFullAccess CloudWatchLambdaInsightsExecutionRolePolicy PowerUserAccess ReadOnlyAccess
    SecretsManagerReadWrite
"""
MANAGED_POLICIES: Mapping[str, str] = MappingProxyType(
    {name: f"arn:aws:iam::aws:policy/{name}" for name in _POLICIES.split()}
    | {name: f"arn:aws:iam::aws:policy/service-role/{name}" for name in _SERVICE_ROLE_POLICIES.split()}
)

# The translator keeps the session's region in a class attribute, so one translation at a time.
_ONE_AT_A_TIME = Lock()


def translate(body: Mapping[str, Any], parameters: Mapping[str, Any], region: str) -> dict[str, Any]:
    """The template with its serverless resources replaced. Takes tens of milliseconds (the first time, a second to
    load the translator): not for the event loop. Raises TemplateError with all of the translator's complaints."""
    # loaded here: the import costs 0.6 s and 40 MB, which only those who deploy SAM templates should pay
    from samtranslator.model.exceptions import ExceptionWithMessage, InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    _check_applications(body)
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # its warnings are about AWS's own roll-outs
    session: Any = SimpleNamespace(region_name=region)
    with _ONE_AT_A_TIME:
        translator = Translator(dict(MANAGED_POLICIES), Parser(), boto_session=session)
        try:
            translated: dict[str, Any] = translator.translate(copy.deepcopy(dict(body)), dict(parameters))
        except InvalidDocumentException as error:
            raise _failure([error.message, *sorted(cause.message for cause in error.causes)]) from error
        except ExceptionWithMessage as error:
            raise _failure([error.message]) from error
        finally:
            translator.metrics.publish()  # nowhere: kept unpublished, they end as a warning
    return translated


def _check_applications(body: Mapping[str, Any]) -> None:
    """The translator would ask AWS for an application of the repository."""
    for name, resource in (body.get("Resources") or {}).items():
        if not isinstance(resource, Mapping) or resource.get("Type") != "AWS::Serverless::Application":
            continue
        location = (resource.get("Properties") or {}).get("Location")
        if isinstance(location, Mapping) and "ApplicationId" in location:
            raise TemplateError(
                f"Headwater does not implement the AWS Serverless Application Repository, from which {name} comes; the "
                "Location of a template is possible."
            )


def _failure(messages: list[str]) -> TemplateError:
    return TemplateError(f"Transform {TRANSFORM} failed with: {' '.join(messages)}")
