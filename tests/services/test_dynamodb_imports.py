"""Tables made out of what lies in a bucket."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tests.conftest import Client
from tests.services.dynamodb import index, invalid, item, refusal
from tests.services.test_dynamodb_exports import finished, recorded
from tests.services.test_dynamodb_resources import deploy, template
from tests.settling import settle

INVALID = "Some of the items failed validation checks and were not imported."


class Lab:
    """A bucket, and what is imported from it."""

    def __init__(self, aws: Client, account: str) -> None:
        self.db, self.s3, self.logs = aws("dynamodb"), aws("s3"), aws("logs")
        self.bucket = f"b-{account}"
        self.s3.create_bucket(Bucket=self.bucket)

    def put(self, key: str, body: str | bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def request(self, prefix: str, name: str = "new", kind: str = "DYNAMODB_JSON", **more: Any) -> dict[str, Any]:
        parameters = {
            "TableName": name,
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": more.pop("key_type", "S")}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        }
        parameters |= more.pop("parameters", {})
        source = {"S3Bucket": self.bucket, "S3KeyPrefix": prefix}
        return {"S3BucketSource": source, "InputFormat": kind, "TableCreationParameters": parameters, **more}

    def run(self, prefix: str, *names: str, **more: Any) -> dict[str, Any]:
        begun = self.db.import_table(**self.request(prefix, *names, **more))["ImportTableDescription"]
        assert begun["ImportStatus"] == "IN_PROGRESS" and begun["TableArn"].endswith("/new")
        return finished(self.db, "Import", begun["ImportArn"])

    def items(self) -> dict[str, Any]:
        return {next(iter(one["pk"].values())): one for one in self.db.scan(TableName="new")["Items"]}


@pytest.fixture
def lab(aws: Client, account: str) -> Lab:
    return Lab(aws, account)


def counts(job: dict[str, Any]) -> tuple[int, int, int]:
    return job["ProcessedItemCount"], job["ImportedItemCount"], job["ErrorCount"]


def text(*items: Any) -> str:
    return "".join(json.dumps({"Item": one}) + "\n" for one in items)


def test_dynamodb_json_becomes_a_table(lab: Lab) -> None:
    lab.put("in/1.json", text(item(pk="a", g="x", n=1), item(pk="b", g="y")))
    lab.put("in/2.json.gz", gzip.compress(text(item(pk="c")).encode()))
    lab.put("other", "nothing")
    definitions = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "g")]
    parameters = {"AttributeDefinitions": definitions, "GlobalSecondaryIndexes": [index("gsi", "g")]}
    done = lab.run("in/1", parameters=parameters)
    assert done["ImportStatus"] == "COMPLETED" and counts(done) == (2, 2, 0)
    assert lab.items() == {"a": item(pk="a", g="x", n=1), "b": item(pk="b", g="y")}
    table = lab.db.describe_table(TableName="new")["Table"]
    assert (table["TableStatus"], table["TableId"], table["ItemCount"]) == ("ACTIVE", done["TableId"], 2)
    assert lab.db.scan(TableName="new", IndexName="gsi")["Count"] == 2
    code, message = refusal(lab.db.import_table, **lab.request("in/1"))
    assert (code, message) == ("ResourceInUseException", "Table already exists: new")
    lab.db.delete_table(TableName="new")
    assert counts(lab.run("in/2", InputCompressionType="GZIP")) == (1, 1, 0)
    assert [entry["TableArn"] for entry in lab.db.list_imports(TableArn=done["TableArn"])["ImportSummaryList"]] == [
        done["TableArn"]
    ] * 2
    page = lab.db.list_imports(PageSize=1)
    assert page["ImportSummaryList"][0]["ImportArn"] != done["ImportArn"]
    assert lab.db.list_imports(NextToken=page["NextToken"])["ImportSummaryList"][0]["ImportArn"] == done["ImportArn"]


def test_csv_becomes_a_table(lab: Lab) -> None:
    lab.put("a.csv", 'pk,title\n1,"one, two"\n2,three\n')
    assert counts(lab.run("a.csv", kind="CSV", key_type="N")) == (2, 2, 0)
    assert lab.items() == {"1": item(pk=1, title="one, two"), "2": item(pk=2, title="three")}
    lab.db.delete_table(TableName="new")
    lab.put("b.csv", "x;9\n")
    options = {"Csv": {"Delimiter": ";", "HeaderList": ["pk", "n"]}}
    done = lab.run("b.csv", kind="CSV", InputFormatOptions=options)
    assert done["InputFormatOptions"] == options and lab.items() == {"x": item(pk="x", n="9")}


def test_what_is_no_item_is_left_out_and_told(lab: Lab, account: str) -> None:
    good = text(item(pk="a"))
    lab.put("1.json", good + text(item(sk="x"), {"pk": {"S": "b", "N": "1"}}) + '{"other": 1}\n' + text(item(pk="c")))
    lab.put("2.json", text(item(pk="d")) + "garbage\n" + text(item(pk="never")))
    done = lab.run("")
    assert (done["ImportStatus"], done["FailureCode"]) == ("FAILED", "ItemValidationError")
    assert done["FailureMessage"].startswith(INVALID) and counts(done) == (7, 3, 4)
    assert sorted(lab.items()) == ["a", "c", "d"]
    assert done["CloudWatchLogGroupArn"] == f"arn:aws:logs:us-east-1:{account}:log-group:/aws-dynamodb/imports:*"
    place = {"logGroupName": "/aws-dynamodb/imports", "logStreamName": done["ImportArn"].rpartition("/")[2] + "/error"}
    told = [json.loads(event["message"]) for event in lab.logs.get_log_events(**place)["events"]]
    assert told[0] == {
        "itemS3Pointer": {"bucket": lab.bucket, "key": "1.json", "itemIndex": 1},
        "importArn": done["ImportArn"],
        "errorMessages": ["One or more parameter values were invalid: Missing the key pk in the item"],
    }
    assert [(event["itemS3Pointer"]["key"], event["itemS3Pointer"]["itemIndex"]) for event in told[1:]] == [
        ("1.json", 2),
        ("1.json", 3),
        ("2.json", 1),
    ]


def test_an_import_from_nowhere_makes_no_table(lab: Lab) -> None:
    request = lab.request("x")
    request["S3BucketSource"]["S3Bucket"] = "nowhere-at-all"
    begun = lab.db.import_table(**request, ClientToken="once")["ImportTableDescription"]
    done = finished(lab.db, "Import", begun["ImportArn"])
    assert (done["ImportStatus"], done["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert lab.db.list_tables()["TableNames"] == []
    assert lab.db.import_table(**request, ClientToken="once")["ImportTableDescription"] == done
    assert refusal(lab.db.import_table, **lab.request("x", "other"), ClientToken="once") == (
        "ImportConflictException",
        "Import conflict: Duplicate request detected with conflicting parameters",
    )
    assert counts(lab.run("empty/")) == (0, 0, 0) and lab.items() == {}
    for wrong in ({"kind": "ION"}, {"InputCompressionType": "ZSTD"}):
        assert refusal(lab.db.import_table, **lab.request("x", "other", **wrong))[0] == "NotImplemented"
    options = {"Csv": {"Delimiter": ";"}}
    assert invalid(lab.db.import_table, **lab.request("x", "other", InputFormatOptions=options)) == (
        "Invalid Request: Unsupported InputFormatOptions for the given input format: DYNAMODB_JSON."
    )


def test_a_template_imports_a_table(aws: Client, lab: Lab) -> None:
    lab.put("in.json", text(item(pk="a", customer="b")))
    source = {"S3BucketSource": {"S3Bucket": lab.bucket, "S3KeyPrefix": "in"}, "InputFormat": "DYNAMODB_JSON"}
    made = deploy(aws, template(TableName="new", ImportSourceSpecification=source))
    assert lab.items() == {"a": item(pk="a", customer="b")} and "Stream" in made
    assert lab.db.list_tags_of_resource(ResourceArn=made["Arn"])["Tags"] == [{"Key": "team", "Value": "orders"}]
    lab.put("in-bad.json", text(item(none="a")))
    lab.db.delete_table(TableName="new")
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(
        StackName="bad", TemplateBody=template(TableName="new", ImportSourceSpecification=source)
    )
    settle(lab.db)
    assert cloudformation.describe_stacks(StackName="bad")["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName="bad")["StackEvents"]
    assert any(INVALID in event.get("ResourceStatusReason", "") for event in events)


def test_what_was_exported_can_be_imported(lab: Lab) -> None:
    arn = recorded(lab.db, "a", "b")
    made = lab.db.export_table_to_point_in_time(TableArn=arn, S3Bucket=lab.bucket)["ExportDescription"]
    finished(lab.db, "Export", made["ExportArn"])
    prefix = f"AWSDynamoDB/{made['ExportArn'].rpartition('/')[2]}/data/"
    definitions = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
    schema = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    parameters = {"AttributeDefinitions": definitions, "KeySchema": schema}
    done = lab.run(prefix, InputCompressionType="GZIP", parameters=parameters)
    assert done["ImportStatus"] == "COMPLETED"
    assert lab.items() == {key: item(pk=key, sk="s", v=1) for key in "ab"}
    lab.db.delete_table(TableName="new")
    assert counts(lab.run(prefix, parameters=parameters)) == (1, 0, 1)  # GZIP is not guessed
