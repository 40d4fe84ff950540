"""X-Ray through boto3: users' segments and our spans in one tree."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.client import Headwater
from headwater.languages.trace_filter import InvalidFilter, Traced, UnknownFilter, compile_trace_filter
from tests.conftest import Client
from tests.services.lambda_lab import make
from tests.settling import settle


def _now() -> float:
    return datetime.now(UTC).timestamp()


def _segment(trace: str, identity: str, name: str, **more: Any) -> str:
    now = _now()
    return json.dumps(
        {"trace_id": trace, "id": identity, "name": name, "start_time": now - 0.5, "end_time": now, **more}
    )


def _range() -> dict[str, datetime]:
    now = datetime.now(UTC)
    return {"StartTime": now - timedelta(minutes=5), "EndTime": now + timedelta(minutes=1)}


def test_a_trace_of_users_segments_alone_is_told_with_what_they_embed(aws: Client, endpoint: str) -> None:
    trace, root = f"1-{int(_now()):08x}-89abcdef0123456701234567", "70de5b6f19ff9a0a"
    asked = {
        "id": "70de5b6f19ff9a0b",
        "name": "provider",
        "start_time": _now() - 0.4,
        "end_time": _now(),
        "fault": True,
    }
    aws("xray").put_trace_segments(TraceSegmentDocuments=[_segment(trace, root, "page", subsegments=[asked])])
    (page,) = Headwater(endpoint).trace(trace)["spans"]
    (provider,) = page["children"]
    assert (page["name"], provider["name"], provider["outcome"]) == ("page", "provider", "fault")
    assert (provider["kind"], provider["trace"], provider["parent"]) == ("segment", trace, root)


def test_segments_and_spans_are_one_trace(aws: Client) -> None:
    xray, sqs = aws("xray"), aws("sqs")
    trace, front = f"1-{int(_now()):08x}-0123456789abcdef01234567", "53995c3f42cd8ad8"
    sqs.create_queue(QueueName="work")

    def add_header(request: Any, **_: Any) -> None:
        request.headers["X-Amzn-Trace-Id"] = f"Root={trace};Parent={front};Sampled=1"

    sqs.meta.events.register("before-sign.sqs.SendMessage", add_header)
    url = sqs.get_queue_url(QueueName="work")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a")
    answer = xray.put_trace_segments(
        TraceSegmentDocuments=[
            _segment(
                trace, front, "front", http={"request": {"url": "http://shop/orders", "method": "POST"},
                                             "response": {"status": 201}},
                annotations={"customer": "a", "items": 3},
            ),
            _segment(trace, "6b55dcc497934f1a", "charge", type="subsegment", parent_id=front, fault=True),
            "{",
            _segment("1-2-3", front, "front"),
        ]
    )  # fmt: skip
    assert [each["ErrorCode"] for each in answer["UnprocessedTraceSegments"]] == ["ParseError", "InvalidTraceId"]
    (found,) = xray.batch_get_traces(TraceIds=[trace])["Traces"]
    documents = {
        document["name"]: document for each in found["Segments"] for document in [json.loads(each["Document"])]
    }
    assert set(documents) == {"front", "charge", "work"}
    assert documents["work"]["parent_id"] == front and documents["work"]["origin"] == "AWS::SQS::Queue"
    (summary,) = xray.get_trace_summaries(
        **_range(), FilterExpression='service("front") AND annotation.customer = "a" AND fault AND http.status < 300'
    )["TraceSummaries"]
    assert (summary["Id"], summary["HasFault"], summary["Http"]["HttpURL"]) == (trace, True, "http://shop/orders")
    assert summary["Annotations"]["items"] == [{"AnnotationValue": {"NumberValue": 3.0}}]
    services = {each["Name"]: each for each in xray.get_trace_graph(TraceIds=[trace])["Services"]}
    (edge,) = services["front"]["Edges"]
    assert edge["ReferenceId"] == services["work"]["ReferenceId"] and services["front"]["Root"]
    names = {each["Name"] for each in xray.get_service_graph(**_range())["Services"]}
    assert {"front", "work"} <= names


def test_what_sdks_ask_first(aws: Client) -> None:
    xray = aws("xray")
    (record,) = xray.get_sampling_rules()["SamplingRuleRecords"]
    assert (record["SamplingRule"]["RuleName"], record["SamplingRule"]["FixedRate"]) == ("Default", 1.0)
    statistics = {
        "RuleName": "Default",
        "ClientID": "0" * 24,
        "Timestamp": _now(),
        "RequestCount": 1,
        "SampledCount": 1,
    }
    targets = xray.get_sampling_targets(SamplingStatisticsDocuments=[statistics])
    assert targets["SamplingTargetDocuments"][0]["FixedRate"] == 1.0
    assert xray.get_groups()["Groups"][0]["GroupName"] == "Default"
    missing = "1-5f84c7a1-0123456789abcdef01234567"
    assert xray.batch_get_traces(TraceIds=[missing])["UnprocessedTraceIds"] == [missing]
    with pytest.raises(ClientError, match="edge in X-Ray's filter expressions is not implemented"):
        xray.get_trace_summaries(**_range(), FilterExpression='edge("a", "b")')


TELLS = """
import json, os, socket, time
def handler(event, context):
    header = dict(each.split("=") for each in os.environ["_X_AMZN_TRACE_ID"].split(";"))
    now = time.time()
    segment = {"id": "0123456789abcdef", "trace_id": header["Root"], "parent_id": header["Parent"], "name": "charge",
               "type": "subsegment", "start_time": now, "end_time": now}
    host, port = os.environ["AWS_XRAY_DAEMON_ADDRESS"].split(":")
    sent = json.dumps({"format": "json", "version": 1}).encode() + bytes([10]) + json.dumps(segment).encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.sendto(b"nonsense", (host, int(port)))
        daemon.sendto(sent, (host, int(port)))
    return header["Root"]
"""


def test_a_function_tells_the_daemon(endpoint: str, aws: Client) -> None:
    make(aws("lambda"), source=TELLS)
    trace = json.loads(aws("lambda").invoke(FunctionName="f")["Payload"].read())

    settle(endpoint)  # datagrams are answered by nobody, but this one came before the function's answer
    (root,) = Headwater(endpoint).trace(trace)["spans"]
    assert root["name"] == "lambda:Invoke"
    assert "charge" in [child["name"] for child in root["children"]]


TRACED = Traced({"ok": True, "responsetime": 2.5, "http.url": "http://a/b"}, {"n": 3, "s": "x"}, frozenset({"api"}))


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("", True),
        ("ok", True),
        ("!ok OR error", False),
        ("NOT (error OR fault)", True),
        ("responsetime > 2 AND responsetime <= 2.5", True),
        ('http.url CONTAINS "a/b"', True),
        ('http.url BEGINSWITH "https"', False),
        ('annotation.n >= 3 AND annotation[s] = "x"', True),
        ("annotation.s = 3", False),
        ('service("api")', True),
        ('service("web")', False),
        ("error = false", True),
    ],
)
def test_filter_expressions(expression: str, wanted: bool) -> None:
    assert compile_trace_filter(expression)(TRACED) is wanted


def test_filter_expressions_that_are_none() -> None:
    for text in ("ok AND", "= 3", "responsetime", "(ok"):
        with pytest.raises(InvalidFilter):
            compile_trace_filter(text)
    with pytest.raises(UnknownFilter, match="group"):
        compile_trace_filter('group.name = "a"')
