"""Lambda's quotas that may be changed.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from headwater.spine.quota import Quota

CONCURRENCY = Quota("lambda:concurrent-executions", 1000, "invocations of an account in a region that run at once")

QUOTAS = (CONCURRENCY,)
