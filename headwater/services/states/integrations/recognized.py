"""Which resources AWS knows, and which of them Headwater lacks: looked at when a definition is taken in.

Optimised integrations: https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
AWS SDK integrations: https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from headwater.languages.asl.errors import Diagnostic
from headwater.languages.asl.resources import Resource
from headwater.services import SERVICES
from headwater.services.states.integrations.catalogue import SDK_SERVICES, find_target
from headwater.spine.models import find_model, operation_names
from headwater.spine.operations import Call

# The warning's code, and the error that such a task fails with.
NOT_IMPLEMENTED = "NOT_IMPLEMENTED_BY_HEADWATER"
LACKING = "NotImplemented"
_SDK = "aws-sdk:"
_SDK_PATTERNS = ("", "waitForTaskToken")
# Optimised integrations of services that Headwater lacks: actions, those in brackets with `.sync` too, and which
# services also take a task token.
_LACKING: Mapping[str, str] = MappingProxyType(
    {
        "athena": "(startQueryExecution) stopQueryExecution getQueryExecution getQueryResults",
        "batch": "(submitJob)",
        "bedrock": "invokeModel (createModelCustomizationJob)",
        "bedrockagentcore": "invokeHarness",
        "codebuild": "(startBuild) stopBuild batchDeleteBuilds batchGetReports (startBuildBatch) stopBuildBatch "
        "(retryBuildBatch) deleteBuildBatch",
        "databrew": "(startJobRun)",
        "ecs": "(runTask)",
        "eks": "(createCluster) (deleteCluster) (createFargateProfile) (deleteFargateProfile) (createNodegroup) "
        "(deleteNodegroup) (runJob) call",
        "elasticmapreduce": "(createCluster) (terminateCluster) setClusterTerminationProtection (addStep) cancelStep "
        "modifyInstanceFleetByName modifyInstanceGroupByName",
        "emr-containers": "createVirtualCluster (deleteVirtualCluster) (startJobRun)",
        "emr-serverless": "(createApplication) (startApplication) (stopApplication) (deleteApplication) (startJobRun) "
        "(cancelJobRun)",
        "glue": "(startJobRun)",
        "mediaconvert": "(createJob)",
        "sagemaker": "createEndpoint createEndpointConfig (createHyperParameterTuningJob) (createLabelingJob) "
        "createModel (createProcessingJob) (createTrainingJob) (createTransformJob) updateEndpoint",
    }
)
_OPTIMISED_FOLDERS: Mapping[str, str] = MappingProxyType({"elasticmapreduce": "emr", "bedrock": "bedrock-runtime"})
_TOKENS = frozenset({"bedrock", "ecs", "eks"})
# Services whose name in the SDK for Java, which these integrations go by, is not that of botocore's folder.
_FOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "applicationdiscovery": "discovery", "cloudwatchlogs": "logs", "cognitoidentityprovider": "cognito-idp",
        "config": "config", "costandusagereport": "cur", "costexplorer": "ce", "databasemigration": "dms",
        "directory": "ds", "directoryservicedata": "ds-data", "elasticloadbalancing": "elb",
        "elasticloadbalancingv2": "elbv2", "elasticsearch": "es", "eventbridge": "events",
        "iotdataplane": "iot-data", "iotjobsdataplane": "iot-jobs-data", "lexmodelbuilding": "lex-models",
        "lexmodelsv2": "lexv2-models", "lexruntime": "lex-runtime", "lexruntimev2": "lexv2-runtime",
        "marketplaceentitlement": "marketplace-entitlement", "marketplacemetering": "meteringmarketplace",
        "migrationhub": "mgh", "pinpointsmsvoice": "sms-voice", "serverlessapplicationrepository": "serverlessrepo",
        "sfn": "stepfunctions", "simpledb": "sdb",
    }
)  # fmt: skip


def check_resource(call: Call, resource: Resource) -> Diagnostic | None:
    """What is to be said of a Task's resource: an error where AWS has none such, a warning where we lack it."""
    if resource.family != "Task":
        return None
    if resource.kind.startswith(_SDK):
        return _check_sdk(call, resource)
    action, _, pattern = resource.action.partition(".")
    if find_target(resource.arn) is not None:
        return None
    if resource.kind not in _LACKING or pattern not in _patterns(resource.kind, action):
        return _unrecognized(resource)
    return _lacking(resource)


def _patterns(service: str, action: str) -> tuple[str, ...]:
    """Those that an action of a service that we lack supports; none where there is no such action."""
    actions = _LACKING[service].split()
    token = ("waitForTaskToken",) if service in _TOKENS else ()
    if f"({action})" in actions:
        return ("", "sync", *token)
    return ("", *token) if action in actions else ()


def _check_sdk(call: Call, resource: Resource) -> Diagnostic | None:
    name = resource.kind.removeprefix(_SDK).lower()
    action, _, pattern = resource.action.partition(".")
    operation = action[:1].upper() + action[1:]
    ours = SDK_SERVICES.get(name)
    folder = model_folder(resource)
    named = action[:1].islower() and folder is not None and operation in operation_names(folder)
    if pattern not in _SDK_PATTERNS or not named:
        return _unrecognized(resource)
    if ours is None or not call.engine.catalogue.has_operation(ours.service, operation):
        return _lacking(resource)
    return None


def model_folder(resource: Resource) -> str | None:
    """The folder of botocore's model that tells what the resource answers, of a service that we lack too."""
    if resource.kind.startswith(_SDK):
        name = resource.kind.removeprefix(_SDK).lower()
        ours = SDK_SERVICES.get(name)
        return find_model(_FOLDERS.get(name.removesuffix("service"), name) if ours is None else _model(ours.service))
    target = find_target(resource.arn)
    if target is not None:
        return _model(target.service)
    return find_model(_OPTIMISED_FOLDERS.get(resource.kind, resource.kind))


def _model(service: str) -> str | None:
    listing = SERVICES.get(service)
    return None if listing is None else listing.model


def _unrecognized(resource: Resource) -> Diagnostic:
    message = (
        f"The resource provided {resource.arn} is not recognized. "
        "The value is not a valid resource ARN, or the resource is not available in this region."
    )
    return Diagnostic("SCHEMA_VALIDATION_FAILED", message)


def _lacking(resource: Resource) -> Diagnostic:
    return Diagnostic(NOT_IMPLEMENTED, lacks(resource.arn), severity="WARNING")


def lacks(resource: str) -> str:
    name = resource.partition(":::")[2]
    return f"Headwater does not implement {name}; a state that calls it fails, unless it is mocked."
