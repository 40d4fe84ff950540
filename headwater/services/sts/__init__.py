"""STS: who calls, and temporary credentials. It keeps nothing: an access key id names its account."""

from headwater.services.sts import identities
from headwater.spine.service import Service

SERVICE = Service(name="sts", modules=(identities,), validates=True)
