"""Amazon CloudWatch Logs.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html
"""

from headwater.services.logs import (
    discovering,
    events,
    exporting,
    filtering,
    filters,
    group_filters,
    groups,
    policies,
    queries,
    query_definitions,
    resources,
    resources_vended,
    streams,
    tailing,
    topology,
    vended,
    vending,
)
from headwater.services.logs.tables import SCHEMA
from headwater.spine.authorization import Authorization
from headwater.spine.service import Service

SERVICE = Service(
    name="logs",
    modules=(
        *(events, filtering, filters, group_filters, groups, policies, resources, resources_vended, streams, vended),
        *(discovering, exporting, queries, query_definitions, tailing, topology, vending),
    ),
    schema=SCHEMA,
    validates=True,
    authorization=Authorization({}),
    lacks={
        "nothing looks for personal data in log events, so that none could be masked": (
            "DeleteDataProtectionPolicy",
            "GetDataProtectionPolicy",
            "PutDataProtectionPolicy",
        ),
        "queries go over the events themselves, which no index makes faster here": (
            "DeleteIndexPolicy",
            "DescribeFieldIndexes",
            "DescribeIndexPolicies",
            "PutIndexPolicy",
        ),
        "no model learns what is usual in log events": (
            "CreateLogAnomalyDetector",
            "DeleteLogAnomalyDetector",
            "GetLogAnomalyDetector",
            "ListAnomalies",
            "ListLogAnomalyDetectors",
            "UpdateAnomaly",
            "UpdateLogAnomalyDetector",
        ),
    },
)
