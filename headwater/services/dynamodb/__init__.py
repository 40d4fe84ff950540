"""Amazon DynamoDB and DynamoDB Streams.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/Welcome.html
"""

from headwater.services.dynamodb import (
    account,
    alteration,
    backfilling,
    backups,
    batches,
    exporting,
    exports,
    importing,
    imports,
    items,
    kinesis_destinations,
    lifecycle,
    partiql,
    policies,
    query,
    recovery,
    resources,
    resources_global,
    restoring,
    scan,
    streams,
    sweeping,
    tags,
    topology,
    transactions,
    ttl,
)
from headwater.services.dynamodb.iam_actions import AUTHORIZATION
from headwater.services.dynamodb.table import TableMemory
from headwater.services.dynamodb.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="dynamodb",
    modules=(
        account,
        alteration,
        backfilling,
        backups,
        batches,
        exporting,
        exports,
        importing,
        imports,
        items,
        kinesis_destinations,
        lifecycle,
        partiql,
        policies,
        query,
        recovery,
        resources,
        resources_global,
        restoring,
        scan,
        streams,
        sweeping,
        tags,
        transactions,
        ttl,
        topology,
    ),
    schema=SCHEMA,
    memory=TableMemory,
    validates=True,
    lacks={
        "a global table replicates from one region to another, and here both would be the same machine": (
            "CreateGlobalTable",
            "DescribeGlobalTable",
            "DescribeGlobalTableSettings",
            "ListGlobalTables",
            "UpdateGlobalTable",
            "UpdateGlobalTableSettings",
        ),
        "nothing is scaled here, and a table takes whatever comes": (
            "DescribeTableReplicaAutoScaling",
            "UpdateTableReplicaAutoScaling",
        ),
    },
    authorization=AUTHORIZATION,
)
