"""The quotas of Pipes that may be changed.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
"""

from headwater.spine.quota import Quota

PIPES = Quota("pipes:pipes", 1000, "pipes of an account in a region")

QUOTAS = (PIPES,)
