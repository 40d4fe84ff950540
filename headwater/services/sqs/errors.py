"""SQS's errors, worded as SQS words them.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
"""

from headwater.spine.errors import AwsError


def queue_does_not_exist() -> AwsError:
    return AwsError("QueueDoesNotExist", "The specified queue does not exist.")


def access_denied(principal: str, action: str, queue: str) -> AwsError:
    named = f"sqs:{action.lower()}"
    return AwsError(
        "AccessDenied",
        f"User: {principal} is not authorized to perform: {named} on resource: {queue} because no resource-based "
        f"policy allows the {named} action",
        403,
    )


def queue_deleted_recently() -> AwsError:
    return AwsError(
        "QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
    )


def queue_name_exists(attribute: str) -> AwsError:
    return AwsError(
        "QueueNameExists",
        f"A queue already exists with the same name and a different value for attribute {attribute}",
    )


def invalid_attribute_name(name: str) -> AwsError:
    return AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")


def invalid_attribute_value(name: str, reason: str = "") -> AwsError:
    text = f"Invalid value for the parameter {name}."
    return AwsError("InvalidAttributeValue", f"{text} Reason: {reason}" if reason else text)


def invalid_parameter(name: str, value: object, reason: str) -> AwsError:
    return AwsError("InvalidParameterValue", f"Value {value} for parameter {name} is invalid. Reason: {reason}")


def invalid_value(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)


def missing_parameter(name: str) -> AwsError:
    return AwsError("MissingParameter", f"The request must contain the parameter {name}.")


def invalid_receipt_handle(handle: str) -> AwsError:
    return AwsError("ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not a valid receipt handle.')


def invalid_character(character: str, place: str, code: str = "InvalidMessageContents") -> AwsError:
    """``place``: where it was found, such as ``message body``."""
    return AwsError(
        code,
        f"Invalid binary character '#x{ord(character):X}' was found in the {place}, the set of allowed characters is "
        "#x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF].",
    )


def message_too_long(limit: int) -> AwsError:
    return invalid_value(f"One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes.")


def purge_in_progress(name: str) -> AwsError:
    return AwsError(
        "PurgeQueueInProgress", f"Only one PurgeQueue operation on {name} is allowed every 60 seconds.", 403
    )


def two_encryptions() -> AwsError:
    return AwsError(
        "InvalidAttributeName",
        "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
    )


def too_many_statements(number: int, most: int) -> AwsError:
    return AwsError("OverLimit", f"{number} statements were found in the submitted policy, max allowed is {most}", 403)


def resource_not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, 404)


def no_such_resource(parameter: str) -> AwsError:
    return resource_not_found(f"The resource that you specified for the {parameter} parameter doesn't exist.")


def unsupported_operation(message: str) -> AwsError:
    return AwsError("UnsupportedOperation", message)


def too_many_actions(number: int, most: int) -> AwsError:
    return AwsError("OverLimit", f"{number} Actions were found, maximum allowed is {most}.", 403)


def too_many_in_flight() -> AwsError:
    return AwsError("OverLimit", "Too many messages are in flight for this queue.", 403)


def bad_token(name: str, value: str) -> AwsError:
    return invalid_value(
        f"Value {value} for parameter {name} is invalid. Reason: {name} can only include alphanumeric and "
        "punctuation characters. 1 to 128 in length."
    )
