"""What the round trips do not see: error bodies, refused input, SQS's older protocol, instants with milliseconds."""

from __future__ import annotations

import zlib
from urllib.parse import quote, unquote, unquote_plus, urlencode
from xml.etree import ElementTree

import cbor2
import orjson
import pytest
from botocore.parsers import create_parser
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.gateway.messages import HttpRequest
from headwater.gateway.protocols import Protocol, forms, load_service
from headwater.spine import timestamps
from headwater.spine.errors import AwsError

REQUEST_ID = "12345678-1234-1234-1234-123456789012"


def post(body: bytes, **headers: str) -> HttpRequest:
    return HttpRequest("POST", "/", "", {name.replace("_", "-"): value for name, value in headers.items()}, body)


def refusal(service: str, protocol: Protocol, operation: str, body: bytes) -> AwsError:
    with pytest.raises(AwsError) as caught:
        load_service(service).plan(operation, protocol).parse(post(body), {})
    return caught.value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b'{"S": 1}', "NUMBER_VALUE cannot be converted to String"),
        (b'{"S": 1.5}', "DECIMAL_VALUE cannot be converted to String"),
        (b'{"S": true}', "TRUE_VALUE cannot be converted to String"),
        (b'{"S": []}', "Unrecognized collection type class java.lang.String"),
        (b'{"S": {}}', "Start of structure or map found where not expected"),
        (b'{"BOOL": "true"}', "Unexpected token received from parser"),
        (b'{"SS": "a"}', "Unexpected field type"),
        (b'{"B": 1}', "only base-64-encoded strings are convertible to bytes"),
        (b'{"B": "23456"}', "Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
        (b'{"B": "=+/="}', "Invalid last non-pad Base64 character dectected"),
    ],
)
def test_dynamodb_says_which_type_is_wrong(value: bytes, message: str) -> None:
    error = refusal("dynamodb", "json", "PutItem", b'{"TableName": "t", "Item": {"a": ' + value + b"}}")
    assert (error.code, error.message) == ("SerializationException", message)


def test_other_services_say_it_their_way() -> None:
    assert refusal("events", "json", "ListRules", b'{"Limit": "1"}').message == (
        "STRING_VALUE can not be converted to an Integer"
    )


@pytest.mark.parametrize(
    "body", [b"{", b"[1]", b'"x"', b"\xff", b'{"Item":' * 2000, b'{"Item":' + b"[" * 900 + b"]" * 900]
)
def test_what_is_no_object_is_a_serialization_exception(body: bytes) -> None:
    assert refusal("dynamodb", "json", "PutItem", body).code == "SerializationException"


def test_deeply_nested_items_are_refused_not_fatal() -> None:
    body = b'{"Item": {"a": ' + b'{"M": {"a": ' * 500 + b"{}" + b"}}" * 500 + b"}}"
    assert refusal("dynamodb", "json", "PutItem", body).code == "SerializationException"


def test_nulls_and_unknown_members_are_dropped() -> None:
    body = b'{"TableName": "t", "Item": {"a": {"S": null, "X": 1}, "b": null}, "Foo": 1}'
    parsed = load_service("dynamodb").plan("PutItem", "json").parse(post(body), {})
    assert parsed == {"TableName": "t", "Item": {"a": {}}}


def test_null_members_are_absent_on_the_wire() -> None:
    result = {"MessageId": "null", "MD5OfMessageBody": None}
    response = load_service("sqs").plan("SendMessage", "json").serialize(result, REQUEST_ID)
    assert response.body == b'{"MessageId":"null"}'


def test_sqs_query_names() -> None:
    form = {
        "Action": "SendMessageBatch",
        "QueueUrl": "http://localhost/000000000000/q",
        "SendMessageBatchRequestEntry.2.Id": "b",
        "SendMessageBatchRequestEntry.2.MessageBody": "two & more",
        "SendMessageBatchRequestEntry.1.Id": "a",
        "SendMessageBatchRequestEntry.1.MessageBody": "one",
        "SendMessageBatchRequestEntry.1.DelaySeconds": "3",
        "SendMessageBatchRequestEntry.1.MessageAttribute.1.Name": "kind",
        "SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType": "Binary",
        "SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.BinaryValue": "AAE=",
    }
    wire = load_service("sqs")
    request = post(urlencode(form).encode())
    assert wire.protocol_of(request) == "query"
    assert wire.match(request, "query")[0] == "SendMessageBatch"
    attributes = {"kind": {"DataType": "Binary", "BinaryValue": b"\x00\x01"}}
    assert wire.plan("SendMessageBatch", "query").parse(request, {}) == {
        "QueueUrl": "http://localhost/000000000000/q",
        "Entries": [
            {"Id": "a", "MessageBody": "one", "DelaySeconds": 3, "MessageAttributes": attributes},
            {"Id": "b", "MessageBody": "two & more"},
        ],
    }


def test_sqs_query_responses() -> None:
    result = {"Messages": [{"MessageId": "1", "Body": "<&>", "Attributes": {"SentTimestamp": "5"}}]}
    response = load_service("sqs").plan("ReceiveMessage", "query").serialize(result, REQUEST_ID)
    root = ElementTree.fromstring(response.body)
    space = {"q": "http://queue.amazonaws.com/doc/2012-11-05/"}
    message = root.find("q:ReceiveMessageResult/q:Message", space)
    assert message is not None
    assert [message.findtext(f"q:{name}", None, space) for name in ("MessageId", "Body")] == ["1", "<&>"]
    assert message.findtext("q:Attribute/q:Name", None, space) == "SentTimestamp"
    assert root.findtext("q:ResponseMetadata/q:RequestId", None, space) == REQUEST_ID


@pytest.mark.parametrize(
    ("service", "protocol", "code", "status", "wire_code"),
    [
        ("sqs", "json", "QueueDoesNotExist", 400, "AWS.SimpleQueueService.NonExistentQueue"),
        ("sqs", "query", "QueueDoesNotExist", 400, "AWS.SimpleQueueService.NonExistentQueue"),
        ("sns", "query", "NotFoundException", 404, "NotFound"),
        ("sns", "query", "ValidationException", 400, "ValidationException"),
        ("sts", "query", "ValidationException", 400, "ValidationError"),
        ("lambda", "rest-json", "ResourceNotFoundException", 404, "ResourceNotFoundException"),
        ("apigatewayv2", "rest-json", "NotFoundException", 404, "NotFoundException"),
        ("dynamodb", "json", "ConditionalCheckFailedException", 400, "ConditionalCheckFailedException"),
        ("s3", "rest-xml", "NoSuchBucket", 404, "NoSuchBucket"),
        ("cloudwatch", "smithy-rpc-v2-cbor", "ResourceNotFound", 404, "ResourceNotFound"),
    ],
)
def test_errors_as_sdks_read_them(service: str, protocol: Protocol, code: str, status: int, wire_code: str) -> None:
    status_given = 404 if service in ("s3", "cloudwatch") else 400
    error = AwsError(code, "it is <not> there", status_given)
    response = load_service(service).error(protocol, error, REQUEST_ID, None)
    assert response.status == status
    raw = {
        "body": response.body,
        "headers": {k.lower(): v for k, v in response.headers},
        "status_code": response.status,
    }
    parsed = create_parser(protocol).parse(raw, None)
    assert parsed["Error"]["Code"] == wire_code
    assert parsed["Error"]["Message"] == "it is <not> there"


@pytest.mark.parametrize(("service", "protocol"), [("iam", "query"), ("s3", "rest-xml")])
def test_errors_that_tell_what_xml_cannot_hold_can_be_read(service: str, protocol: Protocol) -> None:
    error = AwsError("NoSuchKey", "a\x01b\uffff", 404, Key="k\x00")
    response = load_service(service).error(protocol, error, REQUEST_ID, None)
    assert "a\ufffdb\ufffd" in [element.text for element in ElementTree.fromstring(response.body).iter()]


def test_answers_of_the_query_protocol_can_be_read_whatever_they_tell() -> None:
    stack = {"StackName": "a", "CreationTime": 0, "StackStatus": "CREATE_COMPLETE", "Description": "a\x01<\ud800"}
    plan = load_service("cloudformation").plan("DescribeStacks", "query")
    body = plan.serialize({"Stacks": [stack]}, REQUEST_ID).body
    assert "a\ufffd<\ufffd" in [element.text for element in ElementTree.fromstring(body).iter()]


def test_dynamodb_checksum() -> None:
    response = load_service("dynamodb").plan("GetItem", "json").serialize({"Item": {"a": {"B": b"x"}}}, REQUEST_ID)
    assert ("x-amz-crc32", str(zlib.crc32(response.body))) in response.headers
    assert orjson.loads(response.body) == {"Item": {"a": {"B": "eA=="}}}


def test_s3_routes_by_query_and_headers() -> None:
    wire = load_service("s3")

    def route(method: str, path: str, query: str = "", **headers: str) -> tuple[str, dict[str, str]]:
        request = HttpRequest(method, path, query, {k.replace("_", "-"): v for k, v in headers.items()}, b"")
        name, labels = wire.match(request, "rest-xml")
        return name, dict(labels)

    assert route("GET", "/") == ("ListBuckets", {})
    assert route("PUT", "/b") == ("CreateBucket", {"Bucket": "b"})
    assert route("GET", "/b/") == ("ListObjects", {"Bucket": "b"})
    assert route("GET", "/b", "list-type=2&prefix=x") == ("ListObjectsV2", {"Bucket": "b"})
    assert route("GET", "/b", "location") == ("GetBucketLocation", {"Bucket": "b"})
    assert route("PUT", "/b//a%20b/c/") == ("PutObject", {"Bucket": "b", "Key": "/a b/c/"})
    assert route("PUT", "/b/k", "x-id=PutObject") == ("PutObject", {"Bucket": "b", "Key": "k"})
    assert route("PUT", "/b/k", "", x_amz_copy_source="x")[0] == "CopyObject"
    assert route("PUT", "/b/k", "partNumber=1&uploadId=u")[0] == "UploadPart"
    assert route("PUT", "/b/k", "partNumber=1&uploadId=u", x_amz_copy_source="x")[0] == "UploadPartCopy"
    assert route("GET", "/b/k", "uploadId=u")[0] == "ListParts"
    assert route("POST", "/b/k", "uploads")[0] == "CreateMultipartUpload"
    assert route("GET", "/b", "lifecycle")[0] == "GetBucketLifecycleConfiguration"
    with pytest.raises(AwsError, match="MethodNotAllowed"):
        route("POST", "/b/k")


@pytest.mark.parametrize("body", [b"<a", b"<!DOCTYPE x><a/>", b"\xff\xfe", b"<Tagging><TagSet><Tag/></Tagging>"])
def test_bad_xml(body: bytes) -> None:
    assert refusal("s3", "rest-xml", "PutBucketTagging", body).code == "MalformedXML"


def test_header_values_cannot_end_their_line() -> None:
    result = {"ContentDisposition": "a\r\nx-evil: 1"}
    response = load_service("s3").plan("GetObject", "rest-xml").serialize(result, REQUEST_ID)
    assert ("Content-Disposition", "a  x-evil: 1") in response.headers


@given(st.integers(-2_208_988_800_000, 253_402_300_799_999))
def test_instants_survive(milliseconds: int) -> None:
    assert timestamps.parse(timestamps.iso8601(milliseconds)) == milliseconds
    assert timestamps.parse(timestamps.rfc822(milliseconds)) == milliseconds // 1000 * 1000


FUZZED: list[tuple[str, Protocol, str]] = [
    ("dynamodb", "json", "PutItem"),
    ("sqs", "query", "SendMessageBatch"),
    ("cloudformation", "query", "CreateStack"),
    ("lambda", "rest-json", "CreateFunction"),
    ("s3", "rest-xml", "PutBucketNotificationConfiguration"),
    ("cloudwatch", "smithy-rpc-v2-cbor", "PutMetricData"),
]
KEYS = st.sampled_from(["Item", "S", "M", "L", "B", "Code", "MetricData", "Timestamp"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Item", "S", "M", "L", "B", "Code", "MetricData", "Timestamp"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(("service", "protocol", "operation"), FUZZED)
def test_bad_bodies_raise_nothing_but_aws_errors(service: str, protocol: Protocol, operation: str) -> None:
    plan = load_service(service).plan(operation, protocol)
    encoded = (
        JSON.map(cbor2.dumps) if protocol == "smithy-rpc-v2-cbor" else JSON.map(lambda v: orjson.dumps(v, default=str))
    )
    names = st.sampled_from(
        ["Parameters", "member", "1", "x", "Tags", "SendMessageBatchRequestEntry", "DelaySeconds", ""]
    )
    forms = st.lists(st.tuples(st.lists(names, min_size=1, max_size=4).map(".".join), st.text(max_size=4)))
    queries = forms.map(lambda pairs: urlencode(pairs).encode())

    @settings(max_examples=150)
    @given(st.binary(max_size=60) | encoded | queries)
    def fuzz(body: bytes) -> None:
        try:
            plan.parse(post(body), {})
        except AwsError:
            pass

    fuzz()


@given(st.text(max_size=20), st.text("%+a0fF9é", max_size=20))
def test_percent_decoding_is_the_standard_librarys(text: str, raw: str) -> None:
    assert forms.decode_path(quote(text)) == text
    assert forms.decode_path(raw) == unquote(raw)
    assert forms.fields(f"k={raw}")["k"] == unquote_plus(raw)
