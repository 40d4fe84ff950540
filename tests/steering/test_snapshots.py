"""Universes of a whole cloud: everything is what it was, and nothing of a former one gets into the next."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from headwater.cli.main import main
from headwater.client import Headwater, HeadwaterError
from tests.conftest import client_factory
from tests.server import ServerThread
from tests.services.lambda_lab import make

BODY = b"o" * 100_000  # a file of its own
COUNTING = "seen = []\ndef handler(event, context):\n    seen.append(1)\n    return len(seen)\n"
WITH_A_THREAD = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n" + COUNTING
SENDING = """
import boto3
def handler(event, context):
    sqs = boto3.client("sqs")
    while True:
        sqs.send_message(QueueUrl=event["queue"], MessageBody="of the former universe")
"""


def bodies(sqs: Any, queue: str) -> list[str]:
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", ())
    return [message["Body"] for message in found]


def test_everything_is_what_it_was(headwater: Headwater, client: Any) -> None:
    sqs, s3 = client("sqs"), client("s3")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    late = sqs.create_queue(QueueName="late", Attributes={"DelaySeconds": "600"})["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="kept")
    sqs.send_message(QueueUrl=late, MessageBody="timer")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=BODY)
    headwater.freeze()
    then = headwater.time()["now"]
    assert headwater.save("one")["taken"] == then
    for _ in range(2):
        client("sns").create_topic(Name="t")
        s3.put_object(Bucket="bucket", Key="k", Body=b"x" * 100_000)
        s3.delete_object(Bucket="bucket", Key="k")
        headwater.advance("1h")
        assert bodies(sqs, late) == ["timer"]
        sqs.delete_queue(QueueUrl=queue)
        headwater.real()
        headwater.restore("one")
        assert (headwater.time()["mode"], headwater.time()["now"]) == ("frozen", then)
        assert client("sns").list_topics()["Topics"] == []
        assert (bodies(sqs, queue), bodies(sqs, late)) == (["kept"], [])
        headwater.settle()
        assert s3.get_object(Bucket="bucket", Key="k")["Body"].read() == BODY
    headwater.advance("10m")
    assert bodies(sqs, late) == ["timer"]


def test_who_waits_is_answered_and_goes_on_in_the_next(
    headwater: Headwater, client: Any, steered: ServerThread
) -> None:
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    headwater.save("one")
    received: list[str] = []

    def wait() -> None:
        # the server says 503 when its universe ends, and boto3 asks again
        messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
        received.extend(message["Body"] for message in messages)

    waiting = threading.Thread(target=wait)
    with steered.waiting("sqs:ReceiveMessage"):
        waiting.start()
    headwater.restore("one")
    sqs.send_message(QueueUrl=queue, MessageBody="of the next")
    waiting.join(60)
    assert received == ["of the next"]


def test_a_function_that_runs_cannot_write_into_the_next(headwater: Headwater, client: Any) -> None:
    sqs, lambda_ = client("sqs"), client("lambda")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    make(lambda_, "sending", SENDING)
    headwater.settle()
    headwater.save("before")
    for _ in range(3):
        lambda_.invoke(FunctionName="sending", InvocationType="Event", Payload=json.dumps({"queue": queue}))
        assert sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
        headwater.restore("before")
        assert headwater.settle()["settled"]
        assert bodies(sqs, queue) == []
    # saved while it runs, it is run again, as after the end of a process
    lambda_.invoke(FunctionName="sending", InvocationType="Event", Payload=json.dumps({"queue": queue}))
    assert sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    headwater.save("running")
    headwater.restore("running")
    sqs.purge_queue(QueueUrl=queue)
    assert sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    headwater.restore("before")


def test_warm_functions_stay_where_they_are_the_same(headwater: Headwater, client: Any) -> None:
    lambda_ = client("lambda")

    def invoke(name: str) -> int:
        return int(json.load(lambda_.invoke(FunctionName=name)["Payload"]))

    make(lambda_, "counting", COUNTING)
    make(lambda_, "threaded", WITH_A_THREAD)
    headwater.settle()
    headwater.save("deployed")
    assert [invoke("counting"), invoke("threaded"), invoke("threaded")] == [1, 1, 2]
    headwater.restore("deployed")
    assert invoke("counting") == 2
    assert invoke("threaded") == 1  # nobody knows what its threads are about
    headwater.restore("deployed", fresh=True)
    assert invoke("counting") == 1
    lambda_.update_function_configuration(FunctionName="counting", Environment={"Variables": {"AB": "1"}})
    headwater.settle()
    assert invoke("counting") == 1
    headwater.restore("deployed")
    assert invoke("counting") == 1


def test_a_seeded_clouds_functions_are_never_mistaken(tmp_path: Path) -> None:
    """Identifiers repeat there, a function's revision too; its code need not."""
    with ServerThread(seed=7) as server:
        lambda_, headwater = client_factory(server.endpoint, "000000000000")("lambda"), Headwater(server.endpoint)
        headwater.freeze()
        make(lambda_, "first", COUNTING)
        headwater.settle()
        headwater.save("one")
        for answer in (1, 2):
            make(lambda_, "f", f"def handler(event, context):\n    return {answer}\n")
            assert json.load(lambda_.invoke(FunctionName="f")["Payload"]) == answer
            headwater.restore("one")


def test_snapshots_of_a_data_folder_survive_it(tmp_path: Path) -> None:
    with ServerThread(tmp_path) as server:
        s3, headwater = client_factory(server.endpoint, "000000000000")("s3"), Headwater(server.endpoint)
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="k", Body=BODY)
        headwater.save("one")
        s3.delete_object(Bucket="bucket", Key="k")
    with ServerThread(tmp_path) as server:
        s3, headwater = client_factory(server.endpoint, "000000000000")("s3"), Headwater(server.endpoint)
        assert "Contents" not in s3.list_objects_v2(Bucket="bucket")
        headwater.settle()  # files without a row have been collected by now
        headwater.restore("one")
        assert s3.get_object(Bucket="bucket", Key="k")["Body"].read() == BODY


def test_by_the_command_line(headwater: Headwater, client: Any) -> None:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["snapshot", *arguments, "--endpoint", headwater.endpoint])

    sqs = client("sqs")
    assert "one" in run("save", "one").output
    sqs.create_queue(QueueName="q")
    assert "KiB" in run("list").output
    assert run("restore", "one", "--fresh").exit_code == 0
    assert "QueueUrls" not in sqs.list_queues()
    assert [each["name"] for each in json.loads(run("--json").output)] == ["one"]
    assert run("delete", "one").exit_code == 0
    refused = run("restore", "one")
    assert (refused.exit_code, "no snapshot named one" in refused.output) == (1, True)
    assert run("save").exit_code == run("list", "one").exit_code == run("save", "x", "--fresh").exit_code == 2


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 101])
def test_names_are_names(headwater: Headwater, name: str) -> None:
    with pytest.raises(HeadwaterError, match="name"):
        headwater.save(name)
    with pytest.raises(HeadwaterError, match=r"no snapshot|no such page"):
        headwater.restore(name)


def test_names_that_some_file_systems_take_for_one(headwater: Headwater) -> None:
    headwater.save("Before")
    with pytest.raises(HeadwaterError, match="There is a snapshot named Before; a name must differ"):
        headwater.save("before")
    headwater.save("Before")
    assert [each["name"] for each in headwater.snapshots()] == ["Before"]
