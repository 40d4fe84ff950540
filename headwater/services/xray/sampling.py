"""What SDKs ask before they trace: everything is to be sampled here.

https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sampling.html
"""

from __future__ import annotations

from headwater.spine.arns import make_arn
from headwater.spine.operations import Call, Request, Result, operation

_INTERVAL = 300


@operation("xray", "GetSamplingRules", reads=True)
def get_sampling_rules(call: Call, request: Request) -> Result:
    call.span.kept = False
    rule = {
        "RuleName": "Default",
        "RuleARN": make_arn("xray", call.region, call.account, "sampling-rule/Default"),
        "ResourceARN": "*",
        "Priority": 10_000,
        "FixedRate": 1.0,
        "ReservoirSize": 1,
        "ServiceName": "*",
        "ServiceType": "*",
        "Host": "*",
        "HTTPMethod": "*",
        "URLPath": "*",
        "Version": 1,
        "Attributes": {},
    }
    return {"SamplingRuleRecords": [{"SamplingRule": rule, "CreatedAt": 0, "ModifiedAt": 0}]}


@operation("xray", "GetSamplingTargets", reads=True)
def get_sampling_targets(call: Call, request: Request) -> Result:
    call.span.kept = False
    documents, unknown = [], []
    for asked in request["SamplingStatisticsDocuments"]:
        if asked["RuleName"] == "Default":
            documents.append({
                "RuleName": "Default", "FixedRate": 1.0, "ReservoirQuota": 1000,
                "ReservoirQuotaTTL": call.now + _INTERVAL * 1000, "Interval": 10,
            })  # fmt: skip
        else:
            unknown.append({"RuleName": asked["RuleName"], "ErrorCode": "404", "Message": "No such rule."})
    return {"SamplingTargetDocuments": documents, "LastRuleModification": 0, "UnprocessedStatistics": unknown}


@operation("xray", "GetGroups", reads=True)
def get_groups(call: Call, request: Request) -> Result:
    """There is the default group alone."""
    arn = make_arn("xray", call.region, call.account, "group/Default")
    settings = {"InsightsEnabled": False, "NotificationsEnabled": False}
    return {"Groups": [{"GroupName": "Default", "GroupARN": arn, "InsightsConfiguration": settings}]}


@operation("xray", "GetEncryptionConfig", reads=True)
def get_encryption_config(call: Call, request: Request) -> Result:
    return {"EncryptionConfig": {"Status": "ACTIVE", "Type": "NONE"}}
