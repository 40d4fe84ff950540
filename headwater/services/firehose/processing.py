"""What is done to records on their way: which processors there are, and their parameters.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_Processor.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.languages.key_queries import InvalidQuery, KeyQuery
from headwater.services.firehose.errors import invalid_argument
from headwater.spine.arns import parse_arn
from headwater.spine.errors import not_implemented

_RETRIES = 3
_BUFFER = 1.0
_KNOWN = ("Lambda", "MetadataExtraction", "AppendDelimiterToRecord")


class Processing:
    """The processors, compiled. ``function`` is an ARN; ``buffer`` the most bytes that it gets at once."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        given = _parameters(configuration)
        function = given.get("Lambda")
        self.function = function.get("LambdaArn", "") if function is not None else ""
        self.retries = int((function or {}).get("NumberOfRetries", _RETRIES))
        self.buffer = int(float((function or {}).get("BufferSizeInMBs", _BUFFER)) * 1024 * 1024)
        delimiter = given.get("AppendDelimiterToRecord")
        self.delimiter = _delimiter(delimiter) if delimiter is not None else b""
        query = (given.get("MetadataExtraction") or {}).get("MetadataExtractionQuery")
        self.query = KeyQuery(query) if query else None


def _parameters(configuration: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The parameters of each processor, none where processing is switched off."""
    if not configuration.get("Enabled"):
        return {}
    return {
        each["Type"]: {one["ParameterName"]: one["ParameterValue"] for one in each.get("Parameters") or ()}
        for each in configuration.get("Processors") or ()
    }


def _delimiter(parameters: Mapping[str, str]) -> bytes:
    return parameters.get("Delimiter", "\\n").replace("\\n", "\n").replace("\\t", "\t").encode()


def check_processing(configuration: Mapping[str, Any]) -> None:
    """AwsError where the processors are not in order."""
    given = _parameters(configuration)
    for kind in given:
        if kind not in _KNOWN:
            raise not_implemented(f"The processor {kind} of Firehose")
    if "Lambda" in given:
        arn = parse_arn(given["Lambda"].get("LambdaArn", ""))
        if arn is None or arn.service != "lambda":
            raise invalid_argument("The processor Lambda must have the parameter LambdaArn, the ARN of a function.")
    if "MetadataExtraction" in given:
        engine = given["MetadataExtraction"].get("JsonParsingEngine", "JQ-1.6")
        if engine != "JQ-1.6":
            raise invalid_argument(f"JsonParsingEngine {engine} is not supported.")
        try:
            KeyQuery(given["MetadataExtraction"].get("MetadataExtractionQuery", ""))
        except InvalidQuery as refusal:
            raise not_implemented(f"The MetadataExtractionQuery {refusal}") from None
