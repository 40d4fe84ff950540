"""CloudWatch's small languages: statistics, metric math, and the rules of composite alarms.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from headwater.languages.metrics.alarm_rule import AlarmRule, InvalidRule, compile_rule
from headwater.languages.metrics.arithmetic import (
    Expression,
    InvalidExpression,
    Series,
    UnknownFunction,
    compile_expression,
)
from headwater.languages.metrics.statistics import InvalidStatistic, Samples, compile_statistic

__all__ = [
    "AlarmRule",
    "Expression",
    "InvalidExpression",
    "InvalidRule",
    "InvalidStatistic",
    "Samples",
    "Series",
    "UnknownFunction",
    "compile_expression",
    "compile_rule",
    "compile_statistic",
]
