"""Making, finding, listing and deleting queues."""

from __future__ import annotations

import re

import orjson

from headwater.services.sqs import tables
from headwater.services.sqs.access import may
from headwater.services.sqs.attributes import DEFAULTS, FIFO_DEFAULTS, check_attributes, merge_attributes
from headwater.services.sqs.errors import (
    invalid_value,
    missing_parameter,
    queue_deleted_recently,
    queue_does_not_exist,
    queue_name_exists,
)
from headwater.services.sqs.paging import page_of_names
from headwater.services.sqs.queue import Queue, find_queue, queue_arn, queue_by_arn, queue_url
from headwater.services.sqs.tags import check_tags
from headwater.spine.operations import Call, Request, Result, operation

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,75}\.fifo\Z")
_DELETION_MILLISECONDS = 60_000


@operation("sqs", "CreateQueue")
def create_queue(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""
    name = request.get("QueueName")
    if not name:
        raise missing_parameter("QueueName")
    given = request.get("Attributes") or {}
    fifo = given.get("FifoQueue", "").lower() == "true"
    _check_name(name, fifo)
    arn = queue_arn(call.region, call.account, name)
    attributes = check_attributes(call, arn, given, fifo)
    tags = check_tags(request.get("tags") or {}, name)
    call.span.subject = arn
    existing = queue_by_arn(call, arn)
    if existing is not None:
        _check_same(existing, attributes)
    else:
        _check_not_deleted_recently(call, arn)
        settings = merge_attributes({**DEFAULTS, **(FIFO_DEFAULTS if fifo else {})}, attributes)
        row = (call.new_id(), arn, call.account, call.region, name)
        texts = (orjson.dumps(settings).decode(), orjson.dumps(tags).decode())
        call.store.run(tables.INSERT_QUEUE, (*row, *texts, call.now, call.now))
        call.signal(("sqs", arn))
    return {"QueueUrl": queue_url(call, call.account, name)}


def _check_name(name: str, fifo: bool) -> None:
    if fifo and not _FIFO_NAME.match(name):
        raise invalid_value(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
            "must end with .fifo suffix and be 1 to 80 in length."
        )
    if not fifo and not _NAME.match(name):
        raise invalid_value("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")


def _check_same(existing: Queue, attributes: dict[str, str]) -> None:
    for name, value in attributes.items():
        if existing.attributes.get(name) != value:
            raise queue_name_exists(name)


def _check_not_deleted_recently(call: Call, arn: str) -> None:
    deleted = call.store.one(tables.FIND_DELETED, (arn,))
    if deleted is None:
        return
    if call.now - deleted[0] < _DELETION_MILLISECONDS:
        raise queue_deleted_recently()
    call.store.run(tables.FORGET_DELETED, (arn,))


@operation("sqs", "GetQueueUrl", reads=True)
def get_queue_url(call: Call, request: Request) -> Result:
    name = request.get("QueueName")
    if not name:
        raise missing_parameter("QueueName")
    account = request.get("QueueOwnerAWSAccountId") or call.account
    found = queue_by_arn(call, queue_arn(call.region, account, name))
    if found is None or (
        account != call.account and not may(call, "GetQueueUrl", found.arn, found.attributes.get("Policy"))
    ):
        raise queue_does_not_exist()
    return {"QueueUrl": queue_url(call, account, name)}


@operation("sqs", "ListQueues", reads=True)
def list_queues(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html"""
    prefix = request.get("QueueNamePrefix") or ""

    def fetch(after: str, count: int) -> list[str]:
        asked = (call.account, call.region, len(prefix), prefix, after, count)
        return [name for (name,) in call.store.all(tables.LIST_QUEUES, asked)]

    names, more = page_of_names(request, f"{prefix}/", fetch)
    return {"QueueUrls": [queue_url(call, call.account, name) for name in names], **more} if names else {}


@operation("sqs", "DeleteQueue")
def delete_queue(call: Call, request: Request) -> Result:
    queue = find_queue(call, request)
    for statement in tables.DELETE_ALL_OF_QUEUE:
        call.store.run(statement, (queue.id,))
    call.store.run(tables.DELETE_MOVE_TASKS, (queue.arn,))
    call.store.run(tables.REMEMBER_DELETED, (queue.arn, call.now))
    call.memory.drop(queue.arn)
    call.signal(("sqs", queue.arn))
    return {}
