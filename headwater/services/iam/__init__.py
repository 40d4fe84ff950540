"""IAM: roles, users, groups and policies. What roles may do is weighed by `headwater.spine.permissions`."""

from headwater.services.iam import permissions, policies, principals, resources, roles, simulating, users
from headwater.services.iam.tables import SCHEMA
from headwater.spine.authorization import Authorization
from headwater.spine.service import Service

SERVICE = Service(
    name="iam",
    modules=(permissions, policies, principals, resources, roles, simulating, users),
    schema=SCHEMA,
    memory=permissions.PermissionsMemory,
    validates=True,
    authorization=Authorization({}),
)
