"""Velocity Template Language, as API Gateway's mapping templates speak it.

https://velocity.apache.org/engine/1.7/user-guide.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from headwater.languages.vtl.cursor import TemplateError
from headwater.languages.vtl.templates import Template, compile_template
from headwater.languages.vtl.values import JsonArray, Tool, from_json

__all__ = ["JsonArray", "Template", "TemplateError", "Tool", "compile_template", "from_json"]
