"""`headwater permissions`: what roles lack, and policies that would allow it."""

from __future__ import annotations

import json

from click.testing import CliRunner, Result

from headwater.cli.main import main
from headwater.client import Headwater
from headwater.insight.granting import granting
from tests.conftest import Client, client_factory
from tests.services.http import ask
from tests.settling import settle

TRUST = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}}
)


def run(endpoint: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["permissions", *arguments, "--endpoint", endpoint], catch_exceptions=False)


def test_what_a_role_lacks_is_listed_and_granted(aws: Client, endpoint: str, account: str) -> None:
    assert run(endpoint, f"arn:aws:iam::{account}:role/shop").output == "none\n"
    role = aws("iam").create_role(RoleName="shop", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    given = aws("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    session = client_factory(endpoint, given["AccessKeyId"], token=given["SessionToken"])
    url = session("sqs").create_queue(QueueName="q")["QueueUrl"]
    for _ in range(2):
        session("sqs").send_message(QueueUrl=url, MessageBody="x")
    queue = f"arn:aws:sqs:us-east-1:{account}:q"
    lines = run(endpoint, role).output.splitlines()
    assert lines[0] == "shop  me"
    assert lines[1].startswith(f"  sqs:CreateQueue on {queue}  once  1-")
    assert lines[2].startswith(f"  sqs:SendMessage on {queue}  2 times  1-")
    document = json.loads(run(endpoint, role, "--policy").output)[role]
    assert document["Statement"] == [
        {"Effect": "Allow", "Action": ["sqs:CreateQueue", "sqs:SendMessage"], "Resource": queue}
    ]
    assert [json.loads(line)["times"] for line in run(endpoint, role, "--json").output.splitlines()] == [2, 1]
    aws("iam").put_role_policy(RoleName="shop", PolicyName="told", PolicyDocument=json.dumps(document))
    session("sqs").send_message(QueueUrl=url, MessageBody="x")
    assert {each["times"] for each in Headwater(endpoint).permissions(role)} == {1, 2}


def test_a_queue_that_keeps_a_service_out_is_listed_and_granted(aws: Client, endpoint: str, account: str) -> None:
    """The commonest fault of all: a rule and a topic send to a queue whose policy names neither."""
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="shut")["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:{account}:shut"
    topic = aws("sns").create_topic(Name="told")["TopicArn"]
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    aws("events").put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    aws("events").put_targets(Rule="r", Targets=[{"Id": "1", "Arn": queue}])
    aws("sns").publish(TopicArn=topic, Message="x")
    for _ in range(2):
        aws("events").put_events(Entries=[{"Source": "shop", "DetailType": "d", "Detail": "{}"}])
    settle(endpoint)
    lacking = {each["sessions"][0]: each for each in Headwater(endpoint).permissions(queue)}
    rule = f"arn:aws:events:us-east-1:{account}:rule/r"
    assert {service: (each["times"], each["sources"]) for service, each in lacking.items()} == {
        "events.amazonaws.com": (2, [rule]),
        "sns.amazonaws.com": (1, [topic]),
    }
    assert f"  sqs:SendMessage on {queue}  2 times" in run(endpoint, queue).output
    policy = json.loads(run(endpoint, queue, "--policy").output)[queue]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    assert run(endpoint, queue).output == "none\n"


def test_trust_policies_let_in_who_was_kept_out() -> None:
    role, other = "arn:aws:iam::1:role/a", "arn:aws:iam::1:user/u"
    why = "because no role trust policy allows the sts:AssumeRole action"
    kept_out = {"action": "sts:AssumeRole", "resource": role, "reason": why}
    service = {**kept_out, "role": role, "sessions": ["lambda.amazonaws.com"]}
    person = {**kept_out, "role": other, "sessions": []}
    (told,) = granting([service, person])
    assert (told["role"], told["trust"]) == (role, True)
    assert [each["Principal"] for each in told["document"]["Statement"]] == [
        {"Service": ["lambda.amazonaws.com"]},
        {"AWS": other},
    ]


def test_flaws_of_signatures_are_listed(aws: Client, endpoint: str, account: str) -> None:
    given = aws("sts").get_session_token()["Credentials"]
    key = given["AccessKeyId"]
    made = client_factory(endpoint, key, token=given["SessionToken"], secret=given["SecretAccessKey"])
    s3 = made("s3", signature_version="s3v4")
    s3.create_bucket(Bucket=f"signed-{account}")
    url = s3.generate_presigned_url("get_object", {"Bucket": f"signed-{account}", "Key": "k"})
    for _ in range(2):
        assert ask("PUT", url, b"x").status == 200
    lines = run(endpoint).output.splitlines()
    at = lines.index(f"signed with {key}")
    why = "it was signed for the method GET, and sent with PUT"
    assert lines[at + 1].startswith(f"  s3:PutObject  SignatureDoesNotMatch: {why}  2 times  1-")
    (flaw,) = [each for each in map(json.loads, run(endpoint, "--json").output.splitlines()) if each.get("key") == key]
    assert (flaw["operation"], flaw["error"], flaw["times"]) == ("s3:PutObject", "SignatureDoesNotMatch", 2)
    assert not flaw["refused"]
