"""AWS Secrets Manager. https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html"""

from headwater.services.secretsmanager import (
    deletion,
    listing,
    passwords,
    policies,
    resources,
    resources_rotation,
    rotating,
    secrets,
    stages,
    tags,
    topology,
    values,
)
from headwater.services.secretsmanager.iam_actions import AUTHORIZATION
from headwater.services.secretsmanager.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="secretsmanager",
    modules=(
        *(deletion, listing, passwords, policies, resources, resources_rotation, rotating, secrets, stages, tags),
        *(topology, values),
    ),
    schema=SCHEMA,
    validates=True,
    lacks={
        "a secret is in one region and account": (
            "AssociateCrossAccountReplica",
            "DisassociateCrossAccountReplica",
            "RemoveRegionsFromReplication",
            "ReplicateSecretToRegions",
            "StopReplicationToReplica",
        ),
        "a secret has one policy, without a name": ("ListResourcePolicies",),
    },
    authorization=AUTHORIZATION,
)
