"""Amazon ECR: repositories as records, which is what `cdk bootstrap` wants of it. Images are not taken."""

from headwater.services.ecr import images, policies, repositories, resources, settings, tags
from headwater.services.ecr.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="ecr", modules=(repositories, images, settings, policies, tags, resources), schema=SCHEMA, validates=True
)
