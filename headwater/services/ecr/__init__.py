"""Amazon ECR: repositories as records, which is what `cdk bootstrap` wants of it. Images are not taken."""

from headwater.services.ecr import policies, repositories, resources, settings, tags
from headwater.services.ecr.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="ecr", modules=(repositories, settings, policies, tags, resources), schema=SCHEMA, validates=True
)
