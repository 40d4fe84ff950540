"""STS: who calls, and temporary credentials. It keeps nothing: an access key id names its account."""

from headwater.services.sts import identities
from headwater.spine.authorization import Authorization
from headwater.spine.service import Service

# that of AssumeRole hangs on who is trusted too
_UNWEIGHED = frozenset({"AssumeRole", "GetCallerIdentity", "GetSessionToken"})
SERVICE = Service(name="sts", modules=(identities,), validates=True, authorization=Authorization({}, _UNWEIGHED))
