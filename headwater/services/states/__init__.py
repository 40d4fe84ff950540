"""AWS Step Functions. https://docs.aws.amazon.com/step-functions/latest/apireference/Welcome.html"""

from headwater.services.states import (
    activities,
    advancing,
    aliases,
    callbacks,
    executions,
    history,
    listing,
    machines,
    map_begin,
    map_reading,
    map_results,
    map_runs,
    map_steps,
    mocked_cases,
    mocked_tasks,
    redrive,
    resources,
    tags,
    tasks,
    topology,
    trials,
    versions,
)
from headwater.services.states.iam_actions import AUTHORIZATION
from headwater.services.states.machine import StatesMemory
from headwater.services.states.quotas import QUOTAS
from headwater.services.states.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="states",
    modules=(
        activities,
        advancing,
        aliases,
        callbacks,
        executions,
        history,
        machines,
        redrive,
        map_steps,
        map_runs,
        map_results,
        map_reading,
        map_begin,
        listing,
        mocked_cases,
        mocked_tasks,
        resources,
        tags,
        tasks,
        trials,
        versions,
        topology,
    ),
    schema=SCHEMA,
    memory=StatesMemory,
    end=StatesMemory.end,
    validates=True,
    quotas=QUOTAS,
    authorization=AUTHORIZATION,
)
