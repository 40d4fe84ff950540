"""sqs, sns and events by the AWS CLI, as the services' guides show it."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from tests.wire.aws_cli import Cli

FIFO_ATTRIBUTES = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}


def test_sqs_messages(cli: Cli) -> None:
    url = cli("sqs create-queue --queue-name MyQueue --attributes VisibilityTimeout=0,DelaySeconds=0")["QueueUrl"]
    assert cli("sqs get-queue-url --queue-name MyQueue")["QueueUrl"] == url
    assert cli("sqs list-queues --queue-name-prefix My")["QueueUrls"] == [url]
    attributes = {
        "City": {"DataType": "String", "StringValue": "Any City"},
        "Greeting": {"DataType": "Binary", "BinaryValue": "Hello, World!"},
        "Population": {"DataType": "Number", "StringValue": "1250800"},
    }
    cli.write("send-message.json", attributes)
    sent = cli(
        f'sqs send-message --queue-url {url} --message-body "Information about the largest city." '
        "--message-attributes file://send-message.json"
    )
    assert sent["MD5OfMessageBody"] == hashlib.md5(b"Information about the largest city.").hexdigest()
    read = f"sqs receive-message --queue-url {url} --attribute-names All --message-attribute-names All"
    message = cli(f"{read} --max-number-of-messages 10 --visibility-timeout 30 --wait-time-seconds 1")["Messages"][0]
    assert message["Body"] == "Information about the largest city."
    assert message["MessageAttributes"]["City"] == attributes["City"]
    assert message["Attributes"]["SenderId"]
    handle = message["ReceiptHandle"]
    cli(f"sqs change-message-visibility --queue-url {url} --receipt-handle {handle} --visibility-timeout 0")
    handle = cli(read)["Messages"][0]["ReceiptHandle"]
    cli(f"sqs delete-message --queue-url {url} --receipt-handle {handle}")
    assert cli(read) == ""


def test_sqs_batches_fifo_and_dead_letters(cli: Cli) -> None:
    cli.write("fifo.json", FIFO_ATTRIBUTES)
    url = cli("sqs create-queue --queue-name my.fifo --attributes file://fifo.json --tags Team=a")["QueueUrl"]
    assert cli(f"sqs list-queue-tags --queue-url {url}") == {"Tags": {"Team": "a"}}
    entries = [{"Id": str(i), "MessageBody": f"m{i}", "MessageGroupId": "g"} for i in range(3)]
    sent = cli(f"sqs send-message-batch --queue-url {url} --entries", json.dumps(entries))
    assert [entry["Id"] for entry in sent["Successful"]] == ["0", "1", "2"]
    received = cli(f"sqs receive-message --queue-url {url} --max-number-of-messages 3")["Messages"]
    assert [message["Body"] for message in received] == ["m0", "m1", "m2"]
    handles = [{"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, message in enumerate(received)]
    assert len(cli(f"sqs delete-message-batch --queue-url {url} --entries", json.dumps(handles))["Successful"]) == 3
    cli("sqs create-queue --queue-name dead.fifo --attributes FifoQueue=true")
    arn = f"arn:aws:sqs:us-east-1:{cli.account}:dead.fifo"
    policy = {"deadLetterTargetArn": arn, "maxReceiveCount": "1000"}
    cli.write("set-queue-attributes.json", {"RedrivePolicy": json.dumps(policy), "MessageRetentionPeriod": "259200"})
    cli(f"sqs set-queue-attributes --queue-url {url} --attributes file://set-queue-attributes.json")
    told = cli(f"sqs get-queue-attributes --queue-url {url} --attribute-names All --query Attributes")
    assert json.loads(told["RedrivePolicy"]) == {"deadLetterTargetArn": arn, "maxReceiveCount": 1000}
    assert told["MessageRetentionPeriod"] == "259200"
    cli(f"sqs purge-queue --queue-url {url}")
    cli(f"sqs delete-queue --queue-url {url}")


def test_sqs_errors(cli: Cli) -> None:
    assert cli.fails("sqs get-queue-url --queue-name none") == (
        "An error occurred (AWS.SimpleQueueService.NonExistentQueue) when calling the GetQueueUrl operation: "
        "The specified queue does not exist."
    )
    assert cli.fails("sqs create-queue --queue-name a/b") == (
        "An error occurred (InvalidParameterValue) when calling the CreateQueue operation: "
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    )


def test_sqs_permissions_and_redrive(cli: Cli) -> None:
    """https://docs.aws.amazon.com/cli/latest/reference/sqs/: add-permission, start-message-move-task and their kin"""
    dead = cli("sqs create-queue --queue-name MyDLQ")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{cli.account}:MyDLQ"
    policy = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "1"})}
    cli.write("create-queue.json", policy | {"VisibilityTimeout": "0"})
    url = cli("sqs create-queue --queue-name MyQueue --attributes file://create-queue.json")["QueueUrl"]
    assert cli(f"sqs list-dead-letter-source-queues --queue-url {dead}") == {"queueUrls": [url]}
    cli(
        f"sqs add-permission --queue-url {url} --label SendMessagesFromMyQueue "
        "--aws-account-ids 177715257436 --actions SendMessage"
    )
    cli(f"sqs remove-permission --queue-url {url} --label SendMessagesFromMyQueue")
    cli(f"sqs send-message --queue-url {url} --message-body poison")
    assert len(cli(f"sqs receive-message --queue-url {url}")["Messages"]) == 1
    assert cli(f"sqs receive-message --queue-url {url}") == ""
    assert cli(f"sqs start-message-move-task --source-arn {arn}")["TaskHandle"]
    assert cli(f"sqs receive-message --queue-url {url} --wait-time-seconds 5")["Messages"][0]["Body"] == "poison"
    (task,) = cli(f"sqs list-message-move-tasks --source-arn {arn} --max-results 10")["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    assert "Task does not exist." in cli.fails(
        "sqs cancel-message-move-task --task-handle",
        base64.b64encode(json.dumps({"taskId": "x", "sourceArn": arn}).encode()).decode(),
    )


def test_sns(cli: Cli) -> None:
    topic = cli("sns create-topic --name my-topic --tags Key=a,Value=b")["TopicArn"]
    assert cli("sns list-topics") == {"Topics": [{"TopicArn": topic}]}
    url = cli("sqs create-queue --queue-name subscriber")["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:{cli.account}:subscriber"
    subscribe = f"sns subscribe --topic-arn {topic} --protocol sqs --notification-endpoint {queue}"
    subscription = cli(f"{subscribe} --return-subscription-arn")["SubscriptionArn"]
    cli(
        f"sns set-subscription-attributes --subscription-arn {subscription} --attribute-name FilterPolicy "
        "--attribute-value",
        '{"kind": ["order"]}',
    )
    told = cli(f"sns get-subscription-attributes --subscription-arn {subscription}")["Attributes"]
    assert json.loads(told["FilterPolicy"]) == {"kind": ["order"]}
    attributes = json.dumps({"kind": {"DataType": "String", "StringValue": "order"}})
    published = cli(
        f'sns publish --topic-arn {topic} --subject Hi --message "Hello world!" --message-attributes', attributes
    )
    cli(f"sns publish --topic-arn {topic} --message unwanted")
    cli.write("message.txt", "From a file\n")
    cli(f"sns publish --topic-arn {topic} --message file://message.txt --message-attributes", attributes)
    bodies = received(cli, url, 2)
    assert {body["Message"] for body in bodies} == {"Hello world!", "From a file\n"}
    first = next(body for body in bodies if body.get("Subject") == "Hi")
    assert (first["MessageId"], first["TopicArn"]) == (published["MessageId"], topic)
    batch = "--publish-batch-request-entries Id=1,Message=one Id=2,Message=two"
    assert len(cli(f"sns publish-batch --topic-arn {topic} {batch}")["Successful"]) == 2
    assert len(cli(f"sns list-subscriptions-by-topic --topic-arn {topic}")["Subscriptions"]) == 1
    cli(f"sns unsubscribe --subscription-arn {subscription}")
    cli(f"sns delete-topic --topic-arn {topic}")
    assert cli.fails(f"sns get-topic-attributes --topic-arn {topic}") == (
        "An error occurred (NotFound) when calling the GetTopicAttributes operation: Topic does not exist"
    )


def test_events(cli: Cli) -> None:
    cli("events create-event-bus --name orders")
    rule = "events put-rule --name order-placed --event-bus-name orders --event-pattern"
    assert cli(rule, '{"source":["com.mycompany.orders"],"detail":{"total":[{"numeric":[">",10]}]}}') == {
        "RuleArn": f"arn:aws:events:us-east-1:{cli.account}:rule/orders/order-placed"
    }
    url = cli("sqs create-queue --queue-name target")["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:{cli.account}:target"
    put = f"events put-targets --rule order-placed --event-bus-name orders --targets Id=1,Arn={queue}"
    assert cli(put) == {"FailedEntryCount": 0, "FailedEntries": []}
    entries = [
        {"Source": "com.mycompany.orders", "DetailType": "OrderPlaced", "EventBusName": "orders", "Detail": detail}
        for detail in ('{"total": 20}', '{"total": 5}', "not json")
    ]
    cli.write("entries.json", json.dumps(entries))
    answer = cli("events put-events --entries file://entries.json")
    assert (answer["FailedEntryCount"], answer["Entries"][2]["ErrorCode"]) == (1, "MalformedDetail")
    (event,) = received(cli, url, 1)
    assert (event["id"], event["detail"]) == (answer["Entries"][0]["EventId"], {"total": 20})
    cli('events put-rule --name every --schedule-expression "rate(5 minutes)" --state DISABLED')
    assert cli("events list-rules --name-prefix every")["Rules"][0]["ScheduleExpression"] == "rate(5 minutes)"
    cli.write("event.json", event)
    test = cli("events test-event-pattern --event file://event.json --event-pattern", '{"source":[{"prefix":"com."}]}')
    assert test == {"Result": True}
    refused = cli.fails("events put-rule --name bad --event-pattern", '{"source": 1}')
    assert "(InvalidEventPatternException) when calling the PutRule operation: Event pattern is not valid." in refused
    cli("events remove-targets --rule order-placed --event-bus-name orders --ids 1")
    cli("events delete-rule --name order-placed --event-bus-name orders")
    cli("events delete-event-bus --name orders")


def received(cli: Cli, url: str, number: int) -> list[dict[str, Any]]:
    bodies: list[dict[str, Any]] = []
    for _ in range(10):
        read = cli(f"sqs receive-message --queue-url {url} --max-number-of-messages 10 --wait-time-seconds 2")
        bodies += [json.loads(message["Body"]) for message in read["Messages"]] if read else []
        if len(bodies) >= number:
            break
    assert len(bodies) == number
    return bodies


def test_sns_to_people_and_devices(cli: Cli) -> None:
    """https://docs.aws.amazon.com/cli/latest/reference/sns/: subscribe, publish, set-sms-attributes and their kin"""
    topic = cli("sns create-topic --name my-topic")["TopicArn"]
    asked = cli(f"sns subscribe --topic-arn {topic} --protocol email --notification-endpoint my-email@example.com")
    assert asked == {"SubscriptionArn": "pending confirmation"}
    assert cli('sns publish --message "Hello world!" --phone-number +15555550100')["MessageId"]
    cli("sns set-sms-attributes --attributes DefaultSenderID=MyName")
    assert cli("sns get-sms-attributes")["attributes"]["DefaultSenderID"] == "MyName"
    assert cli("sns check-if-phone-number-is-opted-out --phone-number +1555550100") == {"isOptedOut": False}
    assert cli("sns list-phone-numbers-opted-out") == {"phoneNumbers": []}
    application = cli(
        "sns create-platform-application --name MyApplication --platform ADM "
        "--attributes PlatformCredential=EXAMPLE-client,PlatformPrincipal=amzn1.example"
    )["PlatformApplicationArn"]
    device = cli(f"sns create-platform-endpoint --platform-application-arn {application} --token EXAMPLE12345")
    told = cli(f"sns get-endpoint-attributes --endpoint-arn {device['EndpointArn']}")
    assert told == {"Attributes": {"Enabled": "true", "Token": "EXAMPLE12345"}}
    cli(f"sns delete-endpoint --endpoint-arn {device['EndpointArn']}")
    cli(f"sns delete-platform-application --platform-application-arn {application}")
    refused = cli.fails(f"sns put-data-protection-policy --resource-arn {topic} --data-protection-policy", "{}")
    assert "(NotImplemented) when calling the PutDataProtectionPolicy operation" in refused


def test_sns_archive_and_replay(cli: Cli) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-topic-owner.html"""
    cli.write("topic.json", {"FifoTopic": "true", "ContentBasedDeduplication": "true"})
    topic = cli("sns create-topic --name orders.fifo --attributes file://topic.json")["TopicArn"]
    archive = f"sns set-topic-attributes --topic-arn {topic} --attribute-name ArchivePolicy --attribute-value"
    cli(archive, '{"MessageRetentionPeriod":"30"}')
    begins = cli(f"sns get-topic-attributes --topic-arn {topic}")["Attributes"]["BeginningArchiveTime"]
    cli(f"sns publish --topic-arn {topic} --message before --message-group-id g")
    cli.write("queue.json", {"FifoQueue": "true"})
    url = cli("sqs create-queue --queue-name orders.fifo --attributes file://queue.json")["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:{cli.account}:orders.fifo"
    cli.write("replay.json", {"ReplayPolicy": json.dumps({"PointType": "Timestamp", "StartingPoint": begins})})
    cli(
        f"sns subscribe --topic-arn {topic} --protocol sqs --notification-endpoint {queue} "
        "--attributes file://replay.json"
    )
    (body,) = received(cli, url, 1)
    assert (body["Message"], body["Replayed"]) == ("before", True)
    assert "(InvalidState)" in cli.fails(f"sns delete-topic --topic-arn {topic}")
    cli(archive, "{}")
    cli(f"sns delete-topic --topic-arn {topic}")


def test_events_archives_and_endpoints(cli: Cli) -> None:
    """https://docs.aws.amazon.com/cli/latest/reference/events/"""
    bus = cli("events describe-event-bus")["Arn"]
    made = cli(f"events create-archive --archive-name MyArchive --event-source-arn {bus} --retention-days 30")
    assert made["State"] == "ENABLED"
    cli.write("entries.json", '[{"Source": "com.example", "DetailType": "sent", "Detail": "{\\"a\\": 1}"}]')
    cli("events put-events --entries file://entries.json")
    assert cli("events describe-archive --archive-name MyArchive")["EventCount"] == 1
    started = cli(
        f"events start-replay --replay-name MyReplay --event-source-arn {made['ArchiveArn']} "
        f"--event-start-time 2026-01-01T00:00:00Z --event-end-time 2036-01-01T00:00:00Z --destination Arn={bus}"
    )
    assert started["State"] == "STARTING"
    assert cli("events describe-replay --replay-name MyReplay")["State"] == "COMPLETED"
    assert cli("events list-replays --name-prefix My")["Replays"][0]["ReplayName"] == "MyReplay"
    connection = cli(
        "events create-connection --name MyConnection --authorization-type API_KEY "
        "--auth-parameters ApiKeyAuthParameters={ApiKeyName=x-key,ApiKeyValue=abc}"
    )
    cli.write("endpoint.json", {"InvocationEndpoint": "https://example.com/"})  # the CLI would fetch an argument
    destination = cli(
        "events create-api-destination --name MyDestination --http-method POST "
        f"--connection-arn {connection['ConnectionArn']} --cli-input-json file://endpoint.json"
    )
    assert destination["ApiDestinationState"] == "ACTIVE"
    secret = cli("events describe-connection --name MyConnection")["SecretArn"]
    value = cli(f"secretsmanager get-secret-value --secret-id {secret} --query SecretString --output text")
    assert value == {"api_key_name": "x-key", "api_key_value": "abc"}
    assert "ManagedRuleException" in cli.fails("events disable-rule --name Events-Archive-MyArchive")


def test_secrets(cli: Cli) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/create_secret.html"""
    cli("secretsmanager create-secret --name MyTestSecret --description mine --secret-string", '{"user":"diegor"}')
    cli("secretsmanager put-secret-value --secret-id MyTestSecret --secret-string", '{"user":"other"}')
    previous = "secretsmanager get-secret-value --secret-id MyTestSecret --version-stage AWSPREVIOUS"
    assert json.loads(cli(previous)["SecretString"]) == {"user": "diegor"}
    assert (
        cli("secretsmanager list-secrets --filters Key=name,Values=MyTest")["SecretList"][0]["Name"] == "MyTestSecret"
    )
    assert len(cli("secretsmanager get-random-password --password-length 20")["RandomPassword"]) == 20
    cli("secretsmanager delete-secret --secret-id MyTestSecret --recovery-window-in-days 7")
    assert "marked for deletion" in cli.fails("secretsmanager get-secret-value --secret-id MyTestSecret")
    cli("secretsmanager restore-secret --secret-id MyTestSecret")
    assert cli("secretsmanager describe-secret --secret-id MyTestSecret")["Description"] == "mine"
