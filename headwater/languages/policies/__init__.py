"""Policies of IAM and of resources: what their statements say of an action on a resource.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from headwater.languages.policies.circumstances import Circumstances
from headwater.languages.policies.decisions import Decision, decide
from headwater.languages.policies.statements import Statement, parse_policy, parse_statement

__all__ = ["Circumstances", "Decision", "Statement", "decide", "parse_policy", "parse_statement"]
