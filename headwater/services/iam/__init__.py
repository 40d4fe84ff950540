"""IAM: roles, users, groups and policies as records. Who may do what is not decided by them yet."""

from headwater.services.iam import policies, principals, resources, roles, users
from headwater.services.iam.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(name="iam", modules=(roles, users, principals, policies, resources), schema=SCHEMA, validates=True)
