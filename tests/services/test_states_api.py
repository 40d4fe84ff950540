"""The API's smaller parts: what express machines cannot have, aliases, encryption, references, validation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.states import PASSES, make_machine, one_state

KMS = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/orders"}


@pytest.fixture
def states(aws: Client) -> Any:
    return aws("stepfunctions", inject_host_prefix=False)


def refusal(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def task(resource: str) -> dict[str, Any]:
    return one_state({"Type": "Task", "Resource": resource, "Parameters": {}})


MAP = {
    "Type": "Map",
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
        "StartAt": "T",
        "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync", "End": True}},
    },
}
NO = "SCHEMA_VALIDATION_FAILED: Express state machine does not support "


@pytest.mark.parametrize(
    ("definition", "kind", "finding"),
    [
        (task("arn:aws:states:::sns:publish.waitForTaskToken"), "EXPRESS",
         NO + "'.waitForTaskToken' service integration  at /States/S/Resource"),
        (task("arn:aws:states:::states:startExecution.sync:2"), "EXPRESS",
         NO + "'.sync' service integration at /States/S/Resource"),
        (task("arn:aws:states:us-east-1:123456789012:activity:a"), "EXPRESS",
         NO + "Activity ARN at /States/S/Resource"),
        (one_state(MAP), "STANDARD", NO + "'.sync' service integration at /States/S/ItemProcessor/States/T/Resource"),
    ],
)  # fmt: skip
def test_express_machines_cannot_wait_for_others(
    states: Any, definition: dict[str, Any], kind: str, finding: str
) -> None:
    with pytest.raises(ClientError) as raised:
        make_machine(states, definition, type=kind)
    assert refusal(raised) == ("InvalidDefinition", f"Invalid State Machine Definition: '{finding}'")
    answer = states.validate_state_machine_definition(definition=json.dumps(definition), type=kind)
    assert [f"{one['code']}: {one['message']} at {one['location']}" for one in answer["diagnostics"]] == [finding]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('""', {"code": "SCHEMA_VALIDATION_FAILED", "message": "Definition must be a valid JSON object"}),
        ("{}", {"code": "SCHEMA_VALIDATION_FAILED", "message": "These fields are required: [States, StartAt]",
                "location": "/"}),
        ("not a definition", {
            "code": "INVALID_JSON_DESCRIPTION",
            "message": "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', "
            "'true' or 'false')\n at [Source: (String)\"not a definition\"; line: 1, column: 4]",
            "location": '[Source: (String)"not a definition"; line: 1, column: 4]',
        }),
    ],
)  # fmt: skip
def test_what_is_no_definition_is_told(states: Any, text: str, expected: dict[str, str]) -> None:
    answer = states.validate_state_machine_definition(definition=text)
    assert (answer["result"], answer["truncated"]) == ("FAIL", False)
    assert answer["diagnostics"] == [{"severity": "ERROR", **expected}]


def test_findings_are_cut_off_at_the_limit(states: Any) -> None:
    wrong = {"StartAt": "S", "States": {name: {"Type": "Pass", "x": 1, "End": True} for name in "SABC"}}
    answer = states.validate_state_machine_definition(definition=json.dumps(wrong), maxResults=2)
    assert (len(answer["diagnostics"]), answer["truncated"]) == (2, True)


def test_aliases_are_refused_in_awss_words(states: Any) -> None:
    arn = make_machine(states, PASSES)
    one, two = (publish(states, arn, n) for n in range(2))
    received = f"Received: [{one}, {one}]"
    cases = [
        ([(arn, 100)], f"Routing configuration must contain state machine version ARNs. Received: [{arn}]"),
        ([(one, 50), (one, 50)], f"Routing configuration must contain distinct state machine version ARNs. {received}"),
        ([(one, 70), (two, 29)], "Sum of routing configuration weights must equal 100. Received: [70, 29]"),
    ]
    for routing, message in cases:
        with pytest.raises(ClientError) as raised:
            states.create_state_machine_alias(name="PROD", routingConfiguration=routes(routing))
        assert refusal(raised) == ("ValidationException", message)
    states.create_state_machine_alias(name="PROD", routingConfiguration=routes([(one, 100)]))
    with pytest.raises(ClientError) as raised:
        states.create_state_machine_alias(name="PROD", routingConfiguration=routes([(two, 100)]))
    assert refusal(raised) == (
        "ConflictException",
        "Failed to create alias because an alias with the same name and a different routing configuration already "
        "exists.",
    )
    execution = states.start_execution(stateMachineArn=f"{arn}:PROD")["executionArn"]
    states.start_execution(stateMachineArn=arn)
    listed = states.list_executions(stateMachineArn=f"{arn}:PROD")["executions"]
    assert [item["executionArn"] for item in listed] == [execution]


def publish(states: Any, arn: str, number: int) -> str:
    definition = json.dumps(PASSES | {"Comment": str(number)})
    answer = states.update_state_machine(stateMachineArn=arn, definition=definition, publish=True)
    return str(answer["stateMachineVersionArn"])


def routes(weights: list[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in weights]


def test_an_encryption_configuration_is_kept(states: Any, aws: Client) -> None:
    with pytest.raises(ClientError, match=r"KmsAccessDeniedException.*alias/orders is not found"):
        make_machine(states, PASSES, encryptionConfiguration=KMS)
    key = aws("kms").create_key()["KeyMetadata"]["KeyId"]
    aws("kms").create_alias(AliasName="alias/orders", TargetKeyId=key)
    arn = make_machine(states, PASSES, encryptionConfiguration=KMS)
    described = states.describe_state_machine(stateMachineArn=arn)
    assert described["encryptionConfiguration"] == KMS | {"kmsDataKeyReusePeriodSeconds": 300}
    hidden = states.describe_state_machine(stateMachineArn=arn, includedData="METADATA_ONLY")
    assert hidden["definition"] == "{}"
    with pytest.raises(ClientError, match="StateMachineAlreadyExists"):
        make_machine(states, PASSES)
    states.update_state_machine(stateMachineArn=arn, encryptionConfiguration={"type": "AWS_OWNED_KEY"})
    described = states.describe_state_machine(stateMachineArn=arn)
    assert described["encryptionConfiguration"] == {"type": "AWS_OWNED_KEY"}
    activity = states.create_activity(name="a", encryptionConfiguration=KMS)["activityArn"]
    assert states.describe_activity(activityArn=activity)["encryptionConfiguration"]["kmsKeyId"] == "alias/orders"
    with pytest.raises(ClientError, match="ActivityAlreadyExists"):
        states.create_activity(name="a")


def test_references_to_variables_are_told(states: Any) -> None:
    definition = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Assign": {"guess": 1, "answer": 2}, "Next": "C"},
            "C": {
                "Type": "Choice",
                "Choices": [{"Variable": "$guess", "NumericEqualsPath": "$answer", "Next": "D"}],
                "Default": "E",
            },
            "D": {
                "Type": "Pass",
                "Parameters": {"a.$": "States.Format('{} $no', $guess)", "b": "$answer"},
                "End": True,
            },
            "E": {
                "Type": "Pass",
                "QueryLanguage": "JSONata",
                "Output": "{% ($local := 1; $sum([$guess, $local, $states.input.x])) %}",
                "End": True,
            },
        },
    }
    described = states.describe_state_machine(stateMachineArn=make_machine(states, definition))
    assert described["variableReferences"] == {"C": ["answer", "guess"], "D": ["guess"], "E": ["guess"]}


def test_a_name_can_be_used_again_after_ninety_days(timed: Any) -> None:
    from tests.conftest import client_factory

    states = client_factory(timed.endpoint, "111111111111")("stepfunctions")
    arn = make_machine(states, PASSES)
    states.start_execution(stateMachineArn=arn, name="once")
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        states.start_execution(stateMachineArn=arn, name="once")
    timed.advance(90 * 86_400_000 + 1)
    states.start_execution(stateMachineArn=arn, name="once", input="[2]")
    assert states.describe_execution(executionArn=f"{arn.replace('stateMachine', 'execution')}:once")["input"] == "[2]"


def test_a_labelled_arn_starts_nothing(states: Any) -> None:
    arn = make_machine(states, PASSES)
    with pytest.raises(ClientError) as raised:
        states.start_execution(stateMachineArn=f"{arn}/rows")
    assert refusal(raised)[0] == "ValidationException"
