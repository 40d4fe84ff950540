"""Distributed Map: children with executions of their own, read from and written to S3, and the map run's API."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.states import ended, events, history_types, make_machine, one_state

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
BUCKET = "items-{}"


@pytest.fixture
def states(aws: Client) -> Any:
    return aws("stepfunctions", inject_host_prefix=False)


@pytest.fixture
def bucket(aws: Client, account: str) -> str:
    name = BUCKET.format(account)
    aws("s3").create_bucket(Bucket=name)
    return name


def distributed(processor: dict[str, Any] = PASS, kind: str = "STANDARD", **fields: Any) -> dict[str, Any]:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    return one_state(
        {"Type": "Map", "Label": "rows", "ItemProcessor": {**processor, "ProcessorConfig": config}, **fields}
    )


def reader(bucket: str, key: str = "items", action: str = "getObject", **config: Any) -> dict[str, Any]:
    where = {"Bucket": bucket, "Key": key} if action == "getObject" else {"Bucket": bucket, "Prefix": key}
    return {"Resource": f"arn:aws:states:::s3:{action}", "ReaderConfig": config, "Parameters": where}


def execute(states: Any, definition: dict[str, Any], given: Any = None, name: str = "machine") -> dict[str, Any]:
    arn = make_machine(states, definition, name)
    started = states.start_execution(stateMachineArn=arn, input=json.dumps({} if given is None else given))
    return ended(states, started["executionArn"], 20)


def output(done: dict[str, Any]) -> Any:
    assert done["status"] == "SUCCEEDED", done
    return json.loads(done["output"])


def test_children_are_executions_of_the_map_run(states: Any) -> None:
    done = execute(states, distributed(MaxConcurrency=2), [{"n": 1}, {"n": 2}, {"n": 3}])
    assert output(done) == [{"n": 1}, {"n": 2}, {"n": 3}]
    [run] = states.list_map_runs(executionArn=done["executionArn"])["mapRuns"]
    machine = done["stateMachineArn"] + "/rows"
    assert (run["stateMachineArn"], run["executionArn"]) == (machine, done["executionArn"])
    assert run["mapRunArn"].startswith(machine.replace(":stateMachine:", ":mapRun:") + ":")
    described = states.describe_map_run(mapRunArn=run["mapRunArn"])
    counts = {
        "pending": 0, "running": 0, "succeeded": 3, "failed": 0, "timedOut": 0, "aborted": 0, "total": 3,
        "resultsWritten": 3, "failuresNotRedrivable": 0, "pendingRedrive": 0,
    }  # fmt: skip
    assert described["itemCounts"] == described["executionCounts"] == counts
    assert (described["status"], described["maxConcurrency"], described["toleratedFailureCount"]) == ("SUCCEEDED", 2, 0)
    children = states.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    assert [child["mapRunArn"] for child in children] == [run["mapRunArn"]] * 3
    assert {child["stateMachineArn"] for child in children} == {machine}
    child = states.describe_execution(executionArn=children[-1]["executionArn"])
    assert (child["input"], child["output"], child["mapRunArn"]) == ('{"n":1}', '{"n":1}', run["mapRunArn"])
    assert history_types(states, child["executionArn"]) == [
        "ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded",
    ]  # fmt: skip
    # they are not among the machine's own
    assert len(states.list_executions(stateMachineArn=done["stateMachineArn"])["executions"]) == 1


CSV = 'id,name\n1,Ann\n2,"Bo, b"\n3\n'


@pytest.mark.parametrize(
    ("body", "config", "items"),
    [
        (CSV, {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
         [{"id": "1", "name": "Ann"}, {"id": "2", "name": "Bo, b"}, {"id": "3", "name": ""}]),
        ("1|2\n3|4|5\n", {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"],
                          "CSVDelimiter": "PIPE"}, [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]),
        ('[1, "two", {"three": [3]}]', {"InputType": "JSON"}, [1, "two", {"three": [3]}]),
        ('{"data": {"rows": [1, 2]}}', {"InputType": "JSON", "ItemsPointer": "/data/rows"}, [1, 2]),
        ('{"a": 1}\n\n{"a": 2}\n', {"InputType": "JSONL"}, [{"a": 1}, {"a": 2}]),
        (gzip.compress(b'{"a": 1}\n', mtime=0), {"InputType": "JSONL"}, [{"a": 1}]),
        ("[1, 2, 3, 4]", {"InputType": "JSON", "MaxItems": 2}, [1, 2]),
    ],
)  # fmt: skip
def test_items_are_read_from_an_object(
    states: Any, aws: Client, bucket: str, body: str | bytes, config: dict[str, Any], items: list[Any]
) -> None:
    aws("s3").put_object(Bucket=bucket, Key="items", Body=body)
    done = execute(states, distributed(kind="EXPRESS", ItemReader=reader(bucket, **config)))
    assert output(done) == items


def test_most_items_are_no_fewer_than_none_and_a_path_to_items_is_let_be(states: Any, aws: Client, bucket: str) -> None:
    aws("s3").put_object(Bucket=bucket, Key="items", Body="[1, 2]")
    fields = {"ItemReader": reader(bucket, InputType="JSON", MaxItemsPath="$.most"), "ItemsPath": "$.nowhere"}
    assert output(execute(states, distributed(**fields), {"most": "1"})) == [1]
    failed = execute(states, distributed(**fields), {"most": -1}, name="negative")
    assert (failed["error"], failed["cause"]) == ("States.ItemReaderFailed", "field MaxItems must be positive")


def test_parquet_is_read(states: Any, aws: Client, bucket: str) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = [{"id": 1, "name": "Ann"}, {"id": 2, "name": None}]
    file = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(rows), file)
    aws("s3").put_object(Bucket=bucket, Key="items", Body=file.getvalue())
    assert output(execute(states, distributed(ItemReader=reader(bucket, InputType="PARQUET")))) == rows


def test_objects_are_listed_inventories_and_manifests_followed(states: Any, aws: Client, bucket: str) -> None:
    s3 = aws("s3")
    for number in range(3):
        s3.put_object(Bucket=bucket, Key=f"in/{number}.json", Body=f"[{number}, {number}]")
    listing = execute(states, distributed(ItemReader=reader(bucket, "in/", "listObjectsV2")), name="lists")
    listed = output(listing)
    assert [item["Key"] for item in listed] == ["in/0.json", "in/1.json", "in/2.json"]
    assert listed[0].keys() == {"Etag", "Key", "LastModified", "Size", "StorageClass"}
    config = {"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"}
    flat = execute(states, distributed(ItemReader=reader(bucket, "in/", "listObjectsV2", **config)), name="flat")
    assert output(flat) == [0, 0, 1, 1, 2, 2]
    s3.put_object(Bucket=bucket, Key="part.csv.gz", Body=gzip.compress(f'"{bucket}","a","7"\n'.encode()))
    manifest = {
        "destinationBucket": f"arn:aws:s3:::{bucket}", "fileFormat": "CSV", "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "part.csv.gz"}],
    }  # fmt: skip
    s3.put_object(Bucket=bucket, Key="items", Body=json.dumps(manifest))
    inventory = execute(states, distributed(ItemReader=reader(bucket, InputType="MANIFEST")), name="inventory")
    assert output(inventory) == [{"Bucket": bucket, "Key": "a", "Size": "7"}]
    s3.put_object(Bucket=bucket, Key="items", Body=f"s3://{bucket}/lines\n")
    s3.put_object(Bucket=bucket, Key="lines", Body="1\n2\n")
    unload = reader(bucket, InputType="JSONL", ManifestType="ATHENA_DATA")
    assert output(execute(states, distributed(ItemReader=unload), name="athena")) == [1, 2]


def test_items_are_selected_with_their_context_and_batched(states: Any, aws: Client, bucket: str) -> None:
    aws("s3").put_object(Bucket=bucket, Key="items", Body="[10, 20, 30]")
    fields = {
        "ItemReader": reader(bucket, InputType="JSON", MaxItemsPath="$.most"),
        "ItemSelector": {
            "at.$": "$$.Map.Item.Index", "value.$": "$$.Map.Item.Value", "from.$": "$$.Map.Item.Source", "k.$": "$.most"
        },
        "ItemBatcher": {"MaxItemsPerBatchPath": "$.size", "BatchInput": {"all.$": "$.most"}},
    }  # fmt: skip
    done = execute(states, distributed(**fields), {"most": 3, "size": 2})
    batches = output(done)
    assert [(batch["BatchInput"], len(batch["Items"])) for batch in batches] == [({"all": 3}, 2), ({"all": 3}, 1)]
    assert batches[1]["Items"] == [{"at": 2, "value": 30, "from": f"s3://{bucket}/items", "k": 3}]
    [run] = states.list_map_runs(executionArn=done["executionArn"])["mapRuns"]
    described = states.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (described["itemCounts"]["total"], described["executionCounts"]["total"]) == (3, 2)
    children = states.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    assert [child["itemCount"] for child in children] == [1, 2]


CHOOSY = {
    "StartAt": "C",
    "States": {
        "C": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericGreaterThan": 1, "Next": "F"}],
            "Default": "P",
        },
        "F": {"Type": "Fail", "Error": "TooMuch", "Cause": "more than one"},
        "P": {"Type": "Pass", "End": True},
    },
}


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_results_are_exported(states: Any, aws: Client, bucket: str, kind: str) -> None:
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": bucket, "Prefix": "out"}}
    done = execute(states, distributed(CHOOSY, kind, ResultWriter=writer, ToleratedFailureCount=1), [0, 1, 2])
    result = output(done)
    run, details = result["MapRunArn"], result["ResultWriterDetails"]
    folder = f"out/{run.rpartition(':')[2]}"
    assert details == {"Bucket": bucket, "Key": f"{folder}/manifest.json"}

    def read(key: str) -> Any:
        return json.loads(aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read())

    manifest = read(details["Key"])
    assert (manifest["DestinationBucket"], manifest["MapRunArn"]) == (bucket, run)
    files = manifest["ResultFiles"]
    assert [file["Key"] for file in files["SUCCEEDED"]] == [f"{folder}/SUCCEEDED_0.json"]
    assert files["PENDING"] == []
    succeeded, [failed] = read(files["SUCCEEDED"][0]["Key"]), read(files["FAILED"][0]["Key"])
    assert [(one["Input"], one["Output"], one["Status"]) for one in succeeded] == [
        ("0", "0", "SUCCEEDED"), ("1", "1", "SUCCEEDED"),
    ]  # fmt: skip
    assert succeeded[0]["RedriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    assert (failed["Error"], failed["Cause"], failed["Status"]) == ("TooMuch", "more than one", "FAILED")
    assert succeeded[0]["StateMachineArn"] == done["stateMachineArn"] + "/rows"


def test_outputs_are_transformed(states: Any) -> None:
    flat = distributed(ResultWriter={"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}})
    assert output(execute(states, flat, [[1, 2], [3], 4], "flat")) == [1, 2, 3, 4]
    lines = distributed(ResultWriter={"WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSONL"}})
    assert output(execute(states, lines, [[1], {"a": 2}], "lines")) == '[1]\n{"a":2}'


def test_too_many_failures_end_the_run_and_redrive_goes_on(states: Any, aws: Client, bucket: str) -> None:
    done = execute(states, distributed(CHOOSY, MaxConcurrency=1), [1, 2, 1])
    assert (done["status"], done["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert done["cause"] == "The specified tolerated failure threshold was exceeded"
    assert history_types(states, done["executionArn"])[-4:] == [
        "MapRunStarted", "MapRunFailed", "MapStateFailed", "ExecutionFailed",
    ]  # fmt: skip
    [run] = states.list_map_runs(executionArn=done["executionArn"])["mapRuns"]
    described = states.describe_map_run(mapRunArn=run["mapRunArn"])
    assert described["status"] == "FAILED"
    counts = described["executionCounts"]
    assert (counts["succeeded"], counts["failed"], counts["pending"]) == (1, 1, 1)
    [failed] = states.list_executions(mapRunArn=run["mapRunArn"], statusFilter="FAILED")["executions"]
    child = states.describe_execution(executionArn=failed["executionArn"])
    assert child["redriveStatus"] == "REDRIVABLE_BY_MAP_RUN"
    states.redrive_execution(executionArn=done["executionArn"])
    again = ended(states, done["executionArn"])
    assert (again["status"], again["redriveCount"]) == ("FAILED", 1)
    redriven = [event for event in events(states, done["executionArn"]) if event["type"] == "MapRunRedriven"]
    assert redriven[0]["mapRunRedrivenEventDetails"] == {"mapRunArn": run["mapRunArn"], "redriveCount": 1}
    described = states.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (described["redriveCount"], described["status"]) == (1, "FAILED")
    filtered = states.list_executions(mapRunArn=run["mapRunArn"], redriveFilter="REDRIVEN")["executions"]
    assert [item["redriveCount"] for item in filtered] == [1]


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_a_redriven_map_run_runs_only_what_failed(states: Any, aws: Client, bucket: str, kind: str) -> None:
    fetch = {
        "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:headObject", "ResultPath": None, "End": True,
        "Parameters": {"Bucket": bucket, "Key.$": "$"},
    }  # fmt: skip
    processor = {"StartAt": "H", "States": {"H": fetch}}
    for key in ("a", "c"):
        aws("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    done = execute(states, distributed(processor, kind, MaxConcurrency=1), ["a", "b", "c"])
    assert done["status"] == "FAILED"
    aws("s3").put_object(Bucket=bucket, Key="b", Body=b"")
    states.redrive_execution(executionArn=done["executionArn"])
    assert output(ended(states, done["executionArn"])) == ["a", "b", "c"]
    [run] = states.list_map_runs(executionArn=done["executionArn"])["mapRuns"]
    counts = states.describe_map_run(mapRunArn=run["mapRunArn"])["executionCounts"]
    assert (counts["succeeded"], counts["failed"], counts["total"]) == (3, 0, 3)


def test_a_map_run_can_be_changed_and_is_stopped_with_its_parent(states: Any) -> None:
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    arn = make_machine(states, distributed(wait, MaxConcurrency=1))
    execution = states.start_execution(stateMachineArn=arn, input="[1, 2, 3]")["executionArn"]
    [run] = states.list_map_runs(executionArn=execution)["mapRuns"]
    assert states.describe_map_run(mapRunArn=run["mapRunArn"])["executionCounts"]["running"] == 1
    states.update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=2, toleratedFailurePercentage=50)
    described = states.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (described["executionCounts"]["running"], described["toleratedFailurePercentage"]) == (2, 50.0)
    states.stop_execution(executionArn=execution)
    assert history_types(states, execution)[-2:] == ["MapRunStarted", "ExecutionAborted"]
    described = states.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (described["status"], described["executionCounts"]["aborted"]) == ("ABORTED", 2)
    assert described["executionCounts"]["pending"] == 1
    with pytest.raises(ClientError) as raised:
        states.update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=5)
    assert raised.value.response["Error"]["Code"] == "ValidationException"


def test_a_source_that_cannot_be_read_fails_the_state(states: Any, bucket: str, aws: Client) -> None:
    missing = execute(states, distributed(ItemReader=reader(bucket, "nothing", InputType="JSON")), name="missing")
    assert (missing["status"], missing["error"]) == ("FAILED", "States.ItemReaderFailed")
    aws("s3").put_object(Bucket=bucket, Key="items", Body='{"a": 1}')
    caught = distributed(
        ItemReader=reader(bucket, InputType="JSON"),
        Catch=[{"ErrorEquals": ["States.ItemReaderFailed"], "Next": "Caught"}],
    )  # fmt: skip
    assert output(execute(states, caught, name="caught")) == {
        "Error": "States.ItemReaderFailed", "Cause": "Attempting to map over non-iterable node.",
    }  # fmt: skip


def test_many_items_pass_through(states: Any, aws: Client, bucket: str) -> None:
    aws("s3").put_object(Bucket=bucket, Key="items", Body="n\n" + "".join(f"{n}\n" for n in range(2500)))
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": bucket, "Prefix": ""}}
    config = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
    done = execute(states, distributed(kind="EXPRESS", ItemReader=reader(bucket, **config), ResultWriter=writer))
    key = output(done)["ResultWriterDetails"]["Key"].replace("manifest", "SUCCEEDED_0")
    written = json.loads(aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    assert [json.loads(one["Output"])["n"] for one in written] == [str(n) for n in range(2500)]


@pytest.mark.parametrize("count", [1, 101])
def test_a_selector_that_fails_ends_the_run_and_again_when_redriven(states: Any, count: int) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html: few items are taken in at once,
    many bit by bit; either way their state fails, and does not wait for ever."""
    given = {"items": [1] * count}
    done = execute(states, distributed(ItemsPath="$.items", ItemSelector={"x.$": "$.no"}), given)
    for redrives in (0, 1):
        assert (done["status"], done["error"], done["redriveCount"]) == ("FAILED", "States.Runtime", redrives)
        opening = "An error occurred while executing the state 'S' (entered at the event id #2). The JSONPath '$.no' "
        assert done["cause"].startswith(opening)
        assert "MapRunFailed" in history_types(states, done["executionArn"])
        if not redrives:
            states.redrive_execution(executionArn=done["executionArn"])
            done = ended(states, done["executionArn"], 20)
