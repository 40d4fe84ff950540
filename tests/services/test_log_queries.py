"""Queries of Logs Insights, their definitions, live tail, and exports to S3."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.settling import settle, wait_for

NOW = 1_795_000_000_000
PLACE = "123456789012"


@pytest.fixture
def logs(timed: ServerThread) -> Any:
    """With two groups: three events in each, a second apart, the last one now."""
    client = client_factory(timed.endpoint, PLACE)("logs")
    for group in ("/shop/a", "/shop/b"):
        client.create_log_group(logGroupName=group)
        client.create_log_stream(logGroupName=group, logStreamName="s/1")
        events = [
            {"timestamp": NOW - 2000 + 1000 * n, "message": json.dumps({"n": n, "group": group[-1]})} for n in range(3)
        ]
        client.put_log_events(logGroupName=group, logStreamName="s/1", logEvents=events)
    return client


def refusal(error: Any) -> tuple[str, str]:
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def asked(logs: Any, query: str, **more: Any) -> dict[str, Any]:
    request = {"logGroupNames": ["/shop/a", "/shop/b"], "startTime": NOW // 1000 - 60, "endTime": NOW // 1000} | more
    identity = logs.start_query(queryString=query, **request)["queryId"]
    settle(logs)
    answer: dict[str, Any] = logs.get_query_results(queryId=identity)
    assert answer["status"] == "Complete"
    return answer


def rows(answer: dict[str, Any]) -> list[dict[str, str]]:
    return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]


def test_a_query_over_two_groups(logs: Any) -> None:
    answer = asked(logs, "filter n > 0 | fields @log, n | sort n, @log | limit 3")
    found = rows(answer)
    assert [(row["@log"], row["n"]) for row in found] == [
        (f"{PLACE}:/shop/a", "1"),
        (f"{PLACE}:/shop/b", "1"),
        (f"{PLACE}:/shop/a", "2"),
    ]
    statistics = answer["statistics"]
    assert (statistics["recordsMatched"], statistics["recordsScanned"], statistics["logGroupsScanned"]) == (4, 6, 2)
    assert statistics["bytesScanned"] > 100
    record = logs.get_log_record(logRecordPointer=found[0]["@ptr"])["logRecord"]
    assert (record["@logStream"], record["n"], record["group"], record["@ptr"]) == ("s/1", "1", "a", found[0]["@ptr"])
    summary = rows(asked(logs, "stats count(*) as c, sum(n) by group | sort group"))
    assert summary == [{"group": "a", "c": "3", "sum(n)": "3"}, {"group": "b", "c": "3", "sum(n)": "3"}]
    # the newest first, where nothing is said of it; both ends of the time are of it
    found = rows(asked(logs, "fields n", startTime=NOW // 1000 - 1, logGroupNames=["/shop/a"]))
    assert [row["n"] for row in found] == ["2", "1"]
    found = rows(asked(logs, "fields n", limit=1, logGroupNames=["/shop/a"]))
    assert [row["n"] for row in found] == ["2"]
    fields = logs.get_log_group_fields(logGroupName="/shop/a")["logGroupFields"]
    assert {field["name"]: field["percent"] for field in fields}["group"] == 100


def test_a_large_batch_is_gone_over_in_parts(logs: Any) -> None:
    for start in (0, 700):
        events = [{"timestamp": NOW - 1, "message": f"{start + n} {'x' * 200}"} for n in range(700)]
        logs.put_log_events(logGroupName="/shop/a", logStreamName="s/1", logEvents=events)
    request = {"logGroupNames": ["/shop/a"]}
    found = rows(asked(logs, "parse '* x' as n | filter ispresent(n) | stats count_distinct(n) as c", **request))
    assert found == [{"c": "1400"}]
    statistics = asked(logs, "filter @message like /^1[0-9]* x/", **request)["statistics"]
    assert (statistics["recordsMatched"], statistics["recordsScanned"]) == (1 + 10 + 100 + 400, 1403)
    assert 1400 * 200 < statistics["bytesScanned"] < 1400 * 300


def test_a_hostile_expression_fails_its_query(logs: Any) -> None:
    event = {"timestamp": NOW, "message": "a" * 60 + "b"}
    logs.put_log_events(logGroupName="/shop/a", logStreamName="s/1", logEvents=[event])
    request = {"logGroupNames": ["/shop/a"], "startTime": NOW // 1000 - 60, "endTime": NOW // 1000}
    identity = logs.start_query(queryString="filter @message like /^(a|aa)+$/", **request)["queryId"]
    settle(logs)
    answer = logs.get_query_results(queryId=identity)
    assert (answer["status"], answer["results"]) == ("Failed", [])
    assert logs.describe_queries(status="Failed")["queries"][0]["bytesScanned"] == 0


def test_results_in_pages_and_what_was_asked(logs: Any) -> None:
    answer = asked(logs, "fields n")
    identity = logs.describe_queries()["queries"][0]["queryId"]
    first = logs.get_query_results(queryId=identity, maxItems=4)
    second = logs.get_query_results(queryId=identity, maxItems=4, nextToken=first["nextToken"])
    assert first["results"] + second["results"] == answer["results"]
    assert "nextToken" not in second
    [told] = logs.describe_queries(logGroupName="/shop/b", status="Complete")["queries"]
    assert (told["queryString"], told["createTime"], told["status"]) == ("fields n", NOW, "Complete")
    assert logs.describe_queries(status="Failed")["queries"] == []
    with pytest.raises(ClientError) as error:
        logs.stop_query(queryId=identity)
    assert refusal(error)[0] == "InvalidParameterException"
    logs.delete_log_group(logGroupName="/shop/b")
    assert len(logs.get_query_results(queryId=identity)["results"]) == 6


def test_what_a_query_is_refused_with(logs: Any) -> None:
    with pytest.raises(ClientError) as error:
        asked(logs, "fields @timestamp | filtr x")
    text = "unexpected symbol found filtr at line 1 and position 21"
    assert refusal(error) == ("MalformedQueryException", text)
    told = error.value.response["queryCompileError"]
    assert told["location"] == {"startCharOffset": 20, "endCharOffset": 25}
    with pytest.raises(ClientError) as error:
        asked(logs, "fields n", logGroupNames=["/shop/c"])
    text = f"Log group '/shop/c' does not exist for account ID '{PLACE}'"
    assert refusal(error) == ("ResourceNotFoundException", text)
    with pytest.raises(ClientError) as error:
        asked(logs, "fields n", logGroupName="/shop/a")
    assert refusal(error)[0] == "InvalidParameterException"
    for more in ({"query": "pattern @message"}, {"query": "SELECT 1", "queryLanguage": "SQL"}):
        with pytest.raises(ClientError) as error:
            asked(logs, **more)
        assert refusal(error)[0] == "NotImplemented"
    with pytest.raises(ClientError) as error:
        logs.get_query_results(queryId="none")
    assert refusal(error)[0] == "ResourceNotFoundException"


def test_definitions_of_queries(aws: Client) -> None:
    logs, cloudformation = aws("logs"), aws("cloudformation")
    made = logs.put_query_definition(name="shop/errors", queryString="fields @message", logGroupNames=["/shop/a"])
    identity = made["queryDefinitionId"]
    logs.put_query_definition(name="shop/all", queryString="fields n", queryDefinitionId=identity)
    [kept] = logs.describe_query_definitions(queryDefinitionNamePrefix="shop")["queryDefinitions"]
    assert (kept["queryDefinitionId"], kept["name"], kept["queryString"]) == (identity, "shop/all", "fields n")
    assert kept["logGroupNames"] == []
    body = {
        "Resources": {
            "Query": {
                "Type": "AWS::Logs::QueryDefinition",
                "Properties": {"Name": "stack", "QueryString": "stats count(*)", "LogGroupNames": ["/shop/a"]},
            }
        },
        "Outputs": {"Id": {"Value": {"Ref": "Query"}}},
    }
    cloudformation.create_stack(StackName="s", TemplateBody=json.dumps(body))
    wait_for(cloudformation, "stack_create_complete", StackName="s")
    pages = logs.describe_query_definitions(maxResults=1), logs.describe_query_definitions(maxResults=2)
    assert [each["name"] for each in pages[1]["queryDefinitions"]] == ["shop/all", "stack"]
    following = logs.describe_query_definitions(nextToken=pages[0]["nextToken"])["queryDefinitions"]
    assert [each["logGroupNames"] for each in following] == [["/shop/a"]]
    cloudformation.delete_stack(StackName="s")
    wait_for(cloudformation, "stack_delete_complete", StackName="s")
    assert logs.delete_query_definition(queryDefinitionId=identity)["success"]
    assert logs.describe_query_definitions()["queryDefinitions"] == []
    with pytest.raises(ClientError) as error:
        logs.delete_query_definition(queryDefinitionId=identity)
    assert refusal(error)[0] == "ResourceNotFoundException"


def test_live_tail_sends_what_arrives(timed: ServerThread, logs: Any) -> None:
    # the prefix of the host is of no use here
    client = client_factory(timed.endpoint, PLACE)("logs", inject_host_prefix=False)
    arns = [f"arn:aws:logs:us-east-1:{PLACE}:log-group:/shop/{name}" for name in "ab"]
    answer = client.start_live_tail(logGroupIdentifiers=arns, logEventFilterPattern='{ $.kind = "told" }')
    stream = iter(answer["responseStream"])
    assert next(stream)["sessionStart"]["logGroupIdentifiers"] == arns
    for group, kind in (("/shop/a", "other"), ("/shop/b", "told")):
        event = {"timestamp": NOW, "message": json.dumps({"kind": kind})}
        logs.put_log_events(logGroupName=group, logStreamName="s/1", logEvents=[event])
    update = next(stream)["sessionUpdate"]
    assert update["sessionMetadata"] == {"sampled": False}
    [told] = update["sessionResults"]
    assert told == {
        "logStreamName": "s/1",
        "logGroupIdentifier": arns[1],
        "message": '{"kind": "told"}',
        "timestamp": NOW,
        "ingestionTime": NOW,
    }
    answer["responseStream"].close()
    with pytest.raises(ClientError) as error:
        client.start_live_tail(logGroupIdentifiers=["/shop/a"])
    assert refusal(error)[0] == "InvalidParameterException"


def test_an_export_to_s3(timed: ServerThread, logs: Any) -> None:
    s3 = client_factory(timed.endpoint, PLACE)("s3")
    request = {"logGroupName": "/shop/a", "fromTime": NOW - 1000, "to": NOW, "destination": "exports"}
    with pytest.raises(ClientError) as error:
        logs.create_export_task(**request)
    assert refusal(error) == ("InvalidParameterException", "The specified bucket does not exist.")
    s3.create_bucket(Bucket="exports")
    task = logs.create_export_task(taskName="t", destinationPrefix="shop", **request)["taskId"]
    settle(logs)
    [told] = logs.describe_export_tasks(taskId=task)["exportTasks"]
    assert (told["status"]["code"], told["taskName"], told["destination"]) == ("COMPLETED", "t", "exports")
    assert told["executionInfo"] == {"creationTime": NOW, "completionTime": NOW}
    key = f"shop/{task}/s-1/000000.gz"
    assert {each["Key"] for each in s3.list_objects_v2(Bucket="exports")["Contents"]} == {
        key,
        "shop/aws-logs-write-test",
    }
    lines = gzip.decompress(s3.get_object(Bucket="exports", Key=key)["Body"].read()).decode().splitlines()
    assert len(lines) == 2
    assert lines[1] == '2026-11-18T11:06:40.000Z {"n": 2, "group": "a"}'
    assert logs.describe_export_tasks(statusCode="RUNNING")["exportTasks"] == []
    with pytest.raises(ClientError) as error:
        logs.cancel_export_task(taskId=task)
    assert refusal(error)[0] == "InvalidOperationException"
