"""Event patterns: one compiled matcher for EventBridge, SNS filter policies, Lambda and Pipes.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
"""

from headwater.languages.patterns.dialects import (
    EVENTBRIDGE,
    PIPES,
    SNS_ATTRIBUTES,
    SNS_BODY,
    Dialect,
    InvalidPattern,
)
from headwater.languages.patterns.explanation import Explanation
from headwater.languages.patterns.index import PatternIndex
from headwater.languages.patterns.pattern import Pattern, compile_pattern

__all__ = [
    "EVENTBRIDGE",
    "PIPES",
    "SNS_ATTRIBUTES",
    "SNS_BODY",
    "Dialect",
    "Explanation",
    "InvalidPattern",
    "Pattern",
    "PatternIndex",
    "compile_pattern",
]
