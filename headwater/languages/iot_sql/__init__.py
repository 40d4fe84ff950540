"""The SQL of AWS IoT rules and the substitution templates `${...}` of their actions.

Source: AWS IoT Core developer guide, "AWS IoT SQL reference".
"""

from headwater.languages.iot_sql.errors import EvaluationError, SqlParseError, UnsupportedFunction
from headwater.languages.iot_sql.message import Message
from headwater.languages.iot_sql.statement import Statement, compile_statement
from headwater.languages.iot_sql.templates import Template, compile_template
from headwater.languages.iot_sql.values import UNDEFINED

__all__ = [
    "UNDEFINED",
    "EvaluationError",
    "Message",
    "SqlParseError",
    "Statement",
    "Template",
    "UnsupportedFunction",
    "compile_statement",
    "compile_template",
]
