"""AWS CloudFormation: stacks made, changed and removed by the operations of the other services."""

from headwater.services.cloudformation import (
    change_sets,
    control,
    control_work,
    custom,
    deployment,
    drift,
    kept,
    listing,
    macros,
    nested,
    notifications,
    operation_events,
    outputs,
    provisioning,
    signals,
    stacks,
    templates,
    topology,
    triggers,
    type_descriptions,
    waiting,
)
from headwater.services.cloudformation.plan import PlanMemory
from headwater.services.cloudformation.stack_sets import instances, operations, running, sets
from headwater.services.cloudformation.tables import SCHEMA
from headwater.spine.authorization import Authorization
from headwater.spine.service import Service

SERVICE = Service(
    name="cloudformation",
    modules=(
        *(stacks, change_sets, templates, listing, operation_events, outputs, deployment, provisioning),
        *(sets, instances, operations, running),
        *(control, control_work, drift, type_descriptions),
        *(custom, kept, macros, nested, notifications, signals, topology, triggers, waiting),
    ),
    schema=SCHEMA,
    memory=PlanMemory,
    validates=True,
    authorization=Authorization({}),
)
