"""AWS Systems Manager's Parameter Store."""

from headwater.services.ssm import changes, listing, parameters, resources, tags
from headwater.services.ssm.iam_actions import AUTHORIZATION
from headwater.services.ssm.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="ssm",
    modules=(changes, parameters, listing, tags, resources),
    schema=SCHEMA,
    validates=True,
    authorization=AUTHORIZATION,
)
