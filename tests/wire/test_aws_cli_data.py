"""dynamodb, s3 and s3api by the AWS CLI, as the services' guides show it."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from tests.services.http import ask
from tests.wire.aws_cli import Cli

MUSIC = (
    "dynamodb create-table --table-name Music "
    "--attribute-definitions AttributeName=Artist,AttributeType=S AttributeName=SongTitle,AttributeType=S "
    "--key-schema AttributeName=Artist,KeyType=HASH AttributeName=SongTitle,KeyType=RANGE "
    "--provisioned-throughput ReadCapacityUnits=5,WriteCapacityUnits=5 --table-class STANDARD"
)


def song(artist: str, title: str, awards: int = 1) -> str:
    return json.dumps({"Artist": {"S": artist}, "SongTitle": {"S": title}, "Awards": {"N": str(awards)}})


def key(artist: str, title: str) -> str:
    return json.dumps({"Artist": {"S": artist}, "SongTitle": {"S": title}})


def test_dynamodb_items(cli: Cli) -> None:
    assert cli(MUSIC)["TableDescription"]["TableName"] == "Music"
    cli("dynamodb wait table-exists --table-name Music")
    assert cli("dynamodb describe-table --table-name Music --query Table.TableStatus") == "ACTIVE"
    put = "dynamodb put-item --table-name Music --return-consumed-capacity TOTAL --item"
    assert cli(put, song("No One You Know", "Call Me Today")) == {
        "ConsumedCapacity": {"TableName": "Music", "CapacityUnits": 1.0}
    }
    cli(put, song("No One You Know", "Howdy", 2))
    cli(put, song("Acme Band", "Happy Day", 10))
    got = cli("dynamodb get-item --consistent-read --table-name Music --key", key("Acme Band", "Happy Day"))
    assert got["Item"]["Awards"] == {"N": "10"}
    query = "dynamodb query --table-name Music --key-condition-expression"
    found = cli(query, "Artist = :name", "--expression-attribute-values", '{":name":{"S":"No One You Know"}}')
    assert [item["SongTitle"]["S"] for item in found["Items"]] == ["Call Me Today", "Howdy"]
    updated = cli(
        "dynamodb update-item --table-name Music --return-values ALL_NEW "
        '--update-expression "SET Awards = Awards + :n, Title = :t" --key',
        key("Acme Band", "Happy Day"),
        "--expression-attribute-values",
        '{":n":{"N":"1"},":t":{"S":"Updated"}}',
    )
    assert updated["Attributes"]["Awards"] == {"N": "11"}
    assert cli("dynamodb scan --table-name Music --select COUNT")["Count"] == 3
    paged = cli("dynamodb scan --table-name Music --page-size 1 --max-items 2")
    assert len(paged["Items"]) == 2
    rest = cli(f"dynamodb scan --table-name Music --starting-token {paged['NextToken']}")
    assert len(rest["Items"]) == 1
    writes = {"Music": [{"PutRequest": {"Item": json.loads(song("B", str(i)))}} for i in range(3)]}
    cli.write("request-items.json", writes)
    assert cli("dynamodb batch-write-item --request-items file://request-items.json") == {"UnprocessedItems": {}}
    cli("dynamodb delete-item --table-name Music --key", key("B", "0"))
    failed = cli.fails(
        'dynamodb put-item --table-name Music --condition-expression "attribute_not_exists(Artist)" --item',
        song("B", "1"),
    )
    assert failed == (
        "An error occurred (ConditionalCheckFailedException) when calling the PutItem operation: "
        "The conditional request failed"
    )
    cli("dynamodb delete-table --table-name Music")
    cli("dynamodb wait table-not-exists --table-name Music")
    assert cli.fails("dynamodb describe-table --table-name Music") == (
        "An error occurred (ResourceNotFoundException) when calling the DescribeTable operation: "
        "Requested resource not found: Table: Music not found"
    )


def test_dynamodb_settings(cli: Cli) -> None:
    cli(
        "dynamodb create-table --table-name Orders --billing-mode PAY_PER_REQUEST "
        "--attribute-definitions AttributeName=id,AttributeType=S --key-schema AttributeName=id,KeyType=HASH "
        "--stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES --tags Key=a,Value=b"
    )
    cli("dynamodb wait table-exists --table-name Orders")
    ttl = "--time-to-live-specification Enabled=true,AttributeName=expires"
    cli(f"dynamodb update-time-to-live --table-name Orders {ttl}")
    told = cli("dynamodb describe-time-to-live --table-name Orders")["TimeToLiveDescription"]
    assert told["AttributeName"] == "expires"
    index = {
        "IndexName": "by-customer",
        "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    cli(
        "dynamodb update-table --table-name Orders "
        "--attribute-definitions AttributeName=customer,AttributeType=S --global-secondary-index-updates",
        json.dumps([{"Create": index}]),
    )
    cli("dynamodb put-item --table-name Orders --item", '{"id": {"S": "1"}, "customer": {"S": "c"}}')
    (stream,) = cli("dynamodbstreams list-streams --table-name Orders")["Streams"]
    described = cli(f"dynamodbstreams describe-stream --stream-arn {stream['StreamArn']}")["StreamDescription"]
    shard = described["Shards"][0]["ShardId"]
    iterator = cli(
        f"dynamodbstreams get-shard-iterator --stream-arn {stream['StreamArn']} --shard-id {shard} "
        "--shard-iterator-type TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = cli("dynamodbstreams get-records --shard-iterator", iterator)["Records"]
    assert (record["eventName"], record["dynamodb"]["NewImage"]["customer"]) == ("INSERT", {"S": "c"})
    assert cli("dynamodb list-tables") == {"TableNames": ["Orders"]}


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_s3_commands(cli: Cli) -> None:
    bucket = f"bucket-{cli.account}"
    assert cli(f"s3 mb s3://{bucket}") == f"make_bucket: {bucket}"
    assert bucket in cli("s3 ls")
    cli.write("site/index.html", "<h1>Hello</h1>")
    cli.write("site/css/main.css", "h1 {}")
    cli.write("site/draft.tmp", "no")
    copied = cli(f"s3 cp site/index.html s3://{bucket}/ --content-type text/html --metadata a=b --no-progress")
    assert copied == f"upload: site/index.html to s3://{bucket}/index.html"
    synced = cli(f"""s3 sync site s3://{bucket}/site --exclude "*.tmp" --no-progress""").splitlines()
    assert len(synced) == 2
    assert cli(f"""s3 sync site s3://{bucket}/site --exclude "*.tmp" --no-progress""") == ""
    listed = cli(f"s3 ls s3://{bucket} --recursive --summarize").split()
    assert "site/css/main.css" in listed
    assert listed[-6:] == ["Total", "Objects:", "3", "Total", "Size:", "33"]
    assert "PRE css/" in cli(f"s3 ls s3://{bucket}/site/")
    cli(f"s3 sync s3://{bucket}/site back --no-progress")
    assert tree(cli.folder / "back") == {"index.html": b"<h1>Hello</h1>", "css/main.css": b"h1 {}"}
    cli(f"s3 cp s3://{bucket}/index.html s3://{bucket}/copy.html --no-progress")
    cli(f"s3 mv s3://{bucket}/copy.html s3://{bucket}/moved.html --no-progress")
    assert cli(f"s3 cp s3://{bucket}/moved.html -") == "<h1>Hello</h1>"
    assert cli(f"s3api head-object --bucket {bucket} --key moved.html")["Metadata"] == {"a": "b"}
    (cli.folder / "site/draft.tmp").unlink()
    (cli.folder / "site/css/main.css").unlink()
    assert cli(f"s3 sync site s3://{bucket}/site --delete") == f"delete: s3://{bucket}/site/css/main.css"
    url = cli(f"s3 presign s3://{bucket}/index.html --expires-in 60")
    assert ask("GET", url).body == b"<h1>Hello</h1>"
    cli(f"s3 website s3://{bucket}/ --index-document index.html --error-document error.html")
    assert cli(f"s3api get-bucket-website --bucket {bucket}")["IndexDocument"] == {"Suffix": "index.html"}
    assert "(BucketNotEmpty)" in cli.fails(f"s3 rb s3://{bucket}", code=1)
    assert len(cli(f"s3 rm s3://{bucket} --recursive").splitlines()) == 3
    assert cli(f"s3 rb s3://{bucket} --force") == f"remove_bucket: {bucket}"
    assert cli.fails(f"s3 ls s3://{bucket}") == (
        "An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket does not exist"
    )
    assert cli.fails(f"s3 cp s3://{bucket}/none .", code=1) == (
        'fatal error: An error occurred (404) when calling the HeadObject operation: Key "none" does not exist'
    )


def test_s3_copies_of_20_mb_go_in_parts(cli: Cli) -> None:
    bucket = f"bucket-{cli.account}"
    cli(f"s3 mb s3://{bucket}")
    content = os.urandom(1 << 20) * 20
    cli.write("large.bin", content)
    cli(f"s3 cp large.bin s3://{bucket}/large.bin --no-progress")
    told = cli(f"s3api head-object --bucket {bucket} --key large.bin --checksum-mode ENABLED")
    assert told["ETag"].endswith('-3"')
    assert told["ChecksumType"] in ("COMPOSITE", "FULL_OBJECT")
    cli(f"s3 cp s3://{bucket}/large.bin s3://{bucket}/again.bin --no-progress")
    cli(f"s3 cp s3://{bucket}/again.bin back.bin --no-progress")
    back = (cli.folder / "back.bin").read_bytes()
    assert hashlib.sha256(back).digest() == hashlib.sha256(content).digest()


def test_s3api(cli: Cli) -> None:
    bucket = f"bucket-{cli.account}"
    west = "--create-bucket-configuration LocationConstraint=us-west-2"
    made = cli(f"s3api create-bucket --bucket {bucket} {west}", region="us-west-2")
    assert bucket in made["Location"]
    assert cli(f"s3api get-bucket-location --bucket {bucket}") == {"LocationConstraint": "us-west-2"}
    cli(f"s3api wait bucket-exists --bucket {bucket}")
    cli(f"s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled")
    cli.write("a.txt", "one")
    first = cli(f"s3api put-object --bucket {bucket} --key dir/a.txt --body a.txt --tagging k=v")
    assert first["ETag"] == f'"{hashlib.md5(b"one").hexdigest()}"'
    cli.write("a.txt", "two")
    cli(f"s3api put-object --bucket {bucket} --key dir/a.txt --body a.txt --checksum-algorithm SHA256")
    cli(f"s3api wait object-exists --bucket {bucket} --key dir/a.txt")
    old = f"s3api get-object --bucket {bucket} --key dir/a.txt --version-id {first['VersionId']}"
    assert cli(f"{old} old.txt")["VersionId"] == first["VersionId"]
    assert (cli.folder / "old.txt").read_text() == "one"
    assert cli(f"{old} part.txt --range bytes=1-")["ContentRange"] == "bytes 1-2/3"
    versions = cli(f"s3api list-object-versions --bucket {bucket} --prefix dir/")["Versions"]
    assert [version["IsLatest"] for version in versions] == [True, False]
    listed = cli(f"s3api list-objects-v2 --bucket {bucket} --delimiter /")
    assert listed["CommonPrefixes"] == [{"Prefix": "dir/"}]
    tags = f"s3api get-object-tagging --bucket {bucket} --key dir/a.txt --version-id {first['VersionId']}"
    assert cli(tags)["TagSet"] == [{"Key": "k", "Value": "v"}]
    cli.write(
        "cors.json", {"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "AllowedHeaders": ["*"]}]}
    )
    cli(f"s3api put-bucket-cors --bucket {bucket} --cors-configuration file://cors.json")
    assert cli(f"s3api get-bucket-cors --bucket {bucket}")["CORSRules"][0]["AllowedMethods"] == ["GET"]
    gone = [{"Key": "dir/a.txt", "VersionId": version["VersionId"]} for version in versions]
    cli.write("delete.json", {"Objects": gone})
    assert len(cli(f"s3api delete-objects --bucket {bucket} --delete file://delete.json")["Deleted"]) == 2
    failed = cli.fails(f"s3api get-object --bucket {bucket} --key none x")
    assert failed == (
        "An error occurred (NoSuchKey) when calling the GetObject operation: The specified key does not exist."
    )
    assert cli.fails(f"s3api head-object --bucket {bucket} --key none") == (
        "An error occurred (404) when calling the HeadObject operation: Not Found"
    )
    torrent = cli.fails(f"s3api get-object-torrent --bucket {bucket} --key a x")
    assert "(NotImplemented) when calling the GetObjectTorrent operation" in torrent
    cli(f"s3api delete-bucket --bucket {bucket}")


def test_s3_notifications(cli: Cli) -> None:
    bucket = f"bucket-{cli.account}"
    cli(f"s3 mb s3://{bucket}")
    url = cli("sqs create-queue --queue-name uploads")["QueueUrl"]
    queue = {"QueueArn": f"arn:aws:sqs:us-east-1:{cli.account}:uploads", "Events": ["s3:ObjectCreated:*"]}
    cli.write("notification.json", {"QueueConfigurations": [queue]})
    cli(
        f"s3api put-bucket-notification-configuration --bucket {bucket} "
        "--notification-configuration file://notification.json"
    )
    cli.write("a b.txt", "x")
    cli(f"s3 cp 'a b.txt' s3://{bucket}/")
    read = f"sqs receive-message --queue-url {url} --wait-time-seconds 5 --max-number-of-messages 10"
    bodies = [json.loads(message["Body"]) for _ in range(2) for message in (cli(read) or {"Messages": []})["Messages"]]
    assert [body["Records"][0]["s3"]["object"]["key"] for body in bodies if "Records" in body] == ["a+b.txt"]
