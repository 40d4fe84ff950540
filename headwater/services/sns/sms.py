"""Text messages: settings, opting out and in, the sandbox. What is sent is kept in the outbox.

https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-phone-number-as-subscriber.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.sns import tables
from headwater.services.sns.content import by_protocol
from headwater.services.sns.errors import invalid, required
from headwater.services.sns.message_attributes import check_message_attributes, enveloped
from headwater.services.sns.outbox import is_opted_out, post_out
from headwater.services.sns.paging import after_number, page_size
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_PHONE = re.compile(r"\+?[1-9]\d{1,14}\Z")
_LONGEST = 1600
_OPT_IN_INTERVAL = 30 * 86_400_000
_PAGE = 100
_MOST_NUMBERS = 30
_SETTINGS: Mapping[str, re.Pattern[str]] = {
    "MonthlySpendLimit": re.compile(r"\d+\Z"),
    "DeliveryStatusIAMRole": re.compile(r"(arn:.+)?\Z"),
    "DeliveryStatusSuccessSamplingRate": re.compile(r"(\d{1,2}|100)\Z"),
    "DefaultSenderID": re.compile(r"((?=.*[A-Za-z])[A-Za-z0-9-]{1,11})?\Z"),
    "DefaultSMSType": re.compile(r"(Promotional|Transactional)\Z"),
    "UsageReportS3Bucket": re.compile(r".*\Z"),
}


def is_phone_number(text: str) -> bool:
    return bool(_PHONE.match(re.sub(r"[-. ]", "", text)))


def publish_to_phone(call: Call, request: Request) -> Result:
    """A message to one number."""
    number = request["PhoneNumber"]
    if request.get("TopicArn") or request.get("TargetArn"):
        raise invalid("TopicArn or TargetArn or PhoneNumber Reason: only one of them is allowed")
    if not number.startswith("+") or not is_phone_number(number):
        raise invalid(f"PhoneNumber Reason: {number} is not valid to publish to")
    if not request.get("Message"):
        raise invalid("Empty message")
    attributes = request.get("MessageAttributes") or {}
    check_message_attributes(attributes)
    text = by_protocol(request["Message"], request.get("MessageStructure"))
    body = text.get("sms") or text["default"]
    if len(body) > _LONGEST:
        raise invalid("Message too long")
    if is_opted_out(call, number):
        raise invalid(f"PhoneNumber Reason: {number} is opted out")
    message_id = call.ids.uuid()
    sender = (attributes.get("AWS.SNS.SMS.SenderID") or {}).get("StringValue")
    sender = sender or _settings(call).get("DefaultSenderID")
    post_out(call, "sms", number, body, sender=sender, message_id=message_id, attributes=enveloped(attributes))
    return {"MessageId": message_id}


def _settings(call: Call) -> dict[str, str]:
    row = call.store.one(tables.FIND_SMS_SETTINGS, (call.account, call.region))
    settings: dict[str, str] = orjson.loads(row[0]) if row else {}
    return {"MonthlySpendLimit": "1"} | settings


@operation("sns", "SetSMSAttributes")
def set_sms_attributes(call: Call, request: Request) -> Result:
    given = required(request, "attributes")
    for name, value in given.items():
        if name not in _SETTINGS:
            raise invalid(f"{name} is not a valid attribute")
        if not _SETTINGS[name].match(value):
            raise invalid(f"{name} Reason: {value} is not a valid value")
    text = orjson.dumps(_settings(call) | given).decode()
    call.store.run(tables.SET_SMS_SETTINGS, (call.account, call.region, text))
    return {}


@operation("sns", "GetSMSAttributes", reads=True)
def get_sms_attributes(call: Call, request: Request) -> Result:
    wanted = request.get("attributes")
    return {"attributes": {name: value for name, value in _settings(call).items() if not wanted or name in wanted}}


def _number(request: Request, member: str) -> str:
    number: str = required(request, member)
    if not is_phone_number(number):
        raise invalid(f"{member} Reason: {number} is not a valid phone number")
    return number


def _row(call: Call, number: str) -> tuple[Any, ...] | None:
    return call.store.one(tables.FIND_NUMBER, (call.account, call.region, number))


@operation("sns", "CheckIfPhoneNumberIsOptedOut", reads=True)
def check_if_phone_number_is_opted_out(call: Call, request: Request) -> Result:
    return {"isOptedOut": is_opted_out(call, _number(request, "phoneNumber"))}


@operation("sns", "ListPhoneNumbersOptedOut", reads=True)
def list_phone_numbers_opted_out(call: Call, request: Request) -> Result:
    after = after_number(request.get("nextToken"))
    rows = call.store.all(tables.OPTED_OUT, (call.account, call.region, after, _PAGE + 1))
    numbers = [number for (number,) in rows[:_PAGE]]
    return {"phoneNumbers": numbers, "nextToken": numbers[-1] if len(rows) > _PAGE else None}


@operation("sns", "OptInPhoneNumber")
def opt_in_phone_number(call: Call, request: Request) -> Result:
    number = _number(request, "phoneNumber")
    row = _row(call, number)
    if row is None or not row[0]:
        return {}
    if row[1] is not None and call.now - row[1] < _OPT_IN_INTERVAL:
        raise invalid(f"phoneNumber Reason: {number} was opted in within the last 30 days")
    call.store.run(tables.OPT, (0, call.now, call.account, call.region, number))
    return {}


@operation("sns", "OptOutPhoneNumber", internal=True)
def opt_out_phone_number(call: Call, request: Request) -> Result:
    """What a phone's answer STOP does."""
    number = _number(request, "phoneNumber")
    call.store.run(tables.ADD_NUMBER, (call.account, call.region, number))
    row = _row(call, number)
    call.store.run(tables.OPT, (1, row[1] if row else None, call.account, call.region, number))
    return {}


@operation("sns", "GetSMSSandboxAccountStatus", reads=True)
def get_sms_sandbox_account_status(call: Call, request: Request) -> Result:
    """Accounts here are out of the sandbox: nothing that is sent reaches anybody."""
    return {"IsInSandbox": False}


@operation("sns", "CreateSMSSandboxPhoneNumber")
def create_sms_sandbox_phone_number(call: Call, request: Request) -> Result:
    number = _number(request, "PhoneNumber")
    if is_opted_out(call, number):
        raise AwsError("OptedOut", f"{number} is opted out.")
    password = f"{int(call.ids.random() * 1_000_000):06d}"
    call.store.run(tables.ADD_NUMBER, (call.account, call.region, number))
    call.store.run(tables.SET_SANDBOX, ("Pending", password, call.account, call.region, number))
    post_out(call, "sms", number, f"Your verification code is {password}.")
    return {}


@operation("sns", "VerifySMSSandboxPhoneNumber")
def verify_sms_sandbox_phone_number(call: Call, request: Request) -> Result:
    number = _sandbox_number(call, request)
    row = _row(call, number)
    if row is None or row[3] != required(request, "OneTimePassword"):
        raise AwsError("VerificationException", "The one-time password is invalid.")
    call.store.run(tables.SET_SANDBOX, ("Verified", None, call.account, call.region, number))
    return {}


@operation("sns", "DeleteSMSSandboxPhoneNumber")
def delete_sms_sandbox_phone_number(call: Call, request: Request) -> Result:
    number = _sandbox_number(call, request)
    call.store.run(tables.SET_SANDBOX, (None, None, call.account, call.region, number))
    return {}


def _sandbox_number(call: Call, request: Request) -> str:
    number = _number(request, "PhoneNumber")
    row = _row(call, number)
    if row is None or row[2] is None:
        raise AwsError("ResourceNotFound", "The phone number is not in the sandbox.", 404)
    return number


@operation("sns", "ListSMSSandboxPhoneNumbers", reads=True)
def list_sms_sandbox_phone_numbers(call: Call, request: Request) -> Result:
    number, after = page_size(request, _PAGE), after_number(request.get("NextToken"))
    rows = call.store.all(tables.SANDBOX_NUMBERS, (call.account, call.region, after, number + 1))
    page = rows[:number]
    return {
        "PhoneNumbers": [{"PhoneNumber": each, "Status": status} for each, status in page],
        "NextToken": page[-1][0] if len(rows) > number else None,
    }


@operation("sns", "ListOriginationNumbers", reads=True)
def list_origination_numbers(call: Call, request: Request) -> Result:
    """An account has none of its own until it buys one."""
    page_size(request, _MOST_NUMBERS)
    if request.get("NextToken"):
        raise invalid("nextToken")  # there was no first page that gave one
    return {"PhoneNumbers": []}
