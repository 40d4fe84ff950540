"""AWS X-Ray: what users' SDKs tell, in one tree with our own spans.

https://docs.aws.amazon.com/xray/latest/api/Welcome.html
"""

from headwater.services.xray import graphs, sampling, segments, summaries
from headwater.services.xray.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="xray",
    modules=(graphs, sampling, segments, summaries),
    schema=SCHEMA,
    validates=True,
)
