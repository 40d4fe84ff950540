"""The query language of CloudWatch Logs Insights: text in, a compiled query out, which is given records and tells rows.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

from headwater.languages.insights.query import Query, Row, parse_query
from headwater.languages.insights.records import Record, field_names
from headwater.languages.insights.scanner import InvalidQuery, UnsupportedCommand

__all__ = ["InvalidQuery", "Query", "Record", "Row", "UnsupportedCommand", "field_names", "parse_query"]
