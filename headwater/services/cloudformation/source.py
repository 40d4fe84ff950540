"""A request's template and parameters: read, completed, checked.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from headwater.languages.templates import (
    Argument,
    Scope,
    Template,
    TemplateError,
    Unresolved,
    load,
    parse_parameters,
    put_in,
    resolve_parameters,
    transforms_of,
)
from headwater.languages.templates.parameters import UNTELLABLE
from headwater.languages.templates.template import section
from headwater.services.cloudformation.errors import insufficient_capabilities, validation_error
from headwater.services.cloudformation.macros import macros_within, without_macros
from headwater.services.cloudformation.plan import (
    Plan,
    StoredTemplate,
    make_plan,
    pseudo_parameters_of,
    stored_template,
)
from headwater.services.cloudformation.stack import Stack
from headwater.services.cloudformation.transforms import LANGUAGE_EXTENSIONS, apply_transform, apply_transforms
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request
from headwater.spine.store.blobs import Blob
from headwater.spine.work import Work

BODY_LIMIT = 51_200
URL_LIMIT = 1_048_576
NAMED_TYPES = {
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
}
IAM_TYPES = frozenset(("AWS::IAM::AccessKey", "AWS::IAM::Policy", "AWS::IAM::UserToGroupAddition", *NAMED_TYPES))


@dataclass(frozen=True)
class Source:
    """A template before its transforms, with all that they and the checks need."""

    text: str
    body: dict[str, Any]
    arguments: dict[str, Argument]
    tags: dict[str, str]
    stack: Stack

    def process(self) -> tuple[StoredTemplate, Plan]:
        """Apply the transforms and check the result. Raises AwsError ValidationError."""
        try:
            processed = apply_transforms(self.body, self._parameters, self.stack.region)
            plan = make_plan(processed, self.arguments, self.tags, self.stack)
            (
                plan.rendered(),
                plan.rendered_outputs(),
            )  # functions that can have no value are found before anything is made
        except TemplateError as error:
            raise validation_error(str(error)) from error
        return StoredTemplate(self.text, processed, self.arguments, self.tags), plan

    @property
    def _parameters(self) -> dict[str, Any]:
        """With those that CloudFormation gives."""
        given = {name: argument.value for name, argument in self.arguments.items()}
        return {**pseudo_parameters_of(self.stack), **given}

    @property
    def is_slow(self) -> bool:
        """Whether its transforms are too much for the event loop, or wait for functions."""
        return any(each != LANGUAGE_EXTENSIONS for each in transforms_of(self.body)) or macros_within(self.body)

    async def process_aside(self, work: Work) -> tuple[StoredTemplate, Plan]:
        """The same, macros of the user's included, in a thread where it takes long."""
        given = {name: argument.value for name, argument in self.arguments.items()}

        async def apply(body: dict[str, Any], transform: Any) -> dict[str, Any]:
            return await asyncio.to_thread(apply_transform, body, transform, self._parameters, self.stack.region)

        try:
            body = await without_macros(work, self.body, self._parameters, given, apply)
        except TemplateError as error:
            raise validation_error(str(error)) from error
        return await asyncio.to_thread(replace(self, body=body).process)


def read_source(call: Call, request: Request, stack: Stack) -> Source:
    """The template that a request means for a stack. Raises ValidationError."""
    former = stored_template(call, stack)
    text = former.body if request.get("UsePreviousTemplate") else read_text(call, request)
    body = load_body(text)
    given = given_parameters(request, former)
    try:
        arguments = resolve_parameters(
            parse_parameters(parameters_section(body)), given, lambda name: stored_parameter(call, name)
        )
    except TemplateError as error:
        raise validation_error(str(error)) from error
    tags = {tag["Key"]: tag["Value"] for tag in request["Tags"]} if "Tags" in request else dict(former.tags)
    if any(UNTELLABLE.search(each) for pair in tags.items() for each in pair):
        raise validation_error("Tags contain invalid characters")
    return Source(text, with_pieces(call, text, body, arguments, stack), arguments, tags, stack)


def with_pieces(
    call: Call, text: str, body: dict[str, Any], arguments: Mapping[str, Argument], stack: Stack
) -> dict[str, Any]:
    """The body with what it includes from buckets of ours. Raises ValidationError."""
    if "Transform" not in text:
        return body
    parameters = pseudo_parameters_of(stack) | {name: argument.value for name, argument in arguments.items()}

    def fetch(location: str) -> str:
        try:
            return read_url(call, location)
        except AwsError as error:
            raise TemplateError(error.message) from error

    try:
        return put_in(body, Scope(parameters, Unresolved(), body.get("Mappings", {})), fetch)
    except TemplateError as error:
        raise validation_error(str(error)) from error


def read_text(call: Call, request: Request) -> str:
    body, url = request.get("TemplateBody"), request.get("TemplateURL")
    if (body is None) == (url is None):
        raise validation_error("Either Template URL or Template Body must be specified.")
    if body is None:
        return read_url(call, url or "")
    if len(body.encode()) > BODY_LIMIT:
        raise validation_error(
            f"1 validation error detected: Value '{body}' at 'templateBody' failed to satisfy constraint: Member must "
            f"have length less than or equal to {BODY_LIMIT}"
        )
    return str(body)


def read_url(call: Call, url: str, limit: int = URL_LIMIT) -> str:
    """A template, or a policy, in a bucket of ours. Raises ValidationError."""
    bucket, key = bucket_and_key(url, call.endpoint)
    try:
        found = call.operation("s3", "GetObject", {"Bucket": bucket, "Key": key})["Body"]
    except AwsError as error:
        raise validation_error(f"S3 error: {error.message}") from error
    content = found.read() if isinstance(found, Blob) else bytes(found)
    if len(content) > limit:
        raise validation_error(f"Template may not exceed {limit} bytes in size.")
    return content.decode(errors="replace")


def bucket_and_key(url: str, endpoint: str) -> tuple[str, str]:
    """Of any form of S3's addresses, ours included."""
    parts = urlsplit(url)
    path = unquote(parts.path).lstrip("/")
    host = parts.hostname or ""
    if parts.scheme == "s3":
        return host, path
    label, _, rest = host.partition(".s3")
    ours = parts.netloc == urlsplit(endpoint).netloc
    if not ours and rest and not host.startswith("s3"):
        return label, path
    bucket, _, key = path.partition("/")
    if not (ours or host.startswith("s3")) or not bucket or not key:
        raise validation_error("TemplateURL must be a supported URL.")
    return bucket, key


def load_body(text: str) -> dict[str, Any]:
    try:
        return load(text)
    except TemplateError as error:
        raise validation_error(str(error)) from error


def parameters_section(body: Mapping[str, Any]) -> dict[str, Any]:
    return dict(section(body, "Parameters"))


def given_parameters(request: Request, former: StoredTemplate) -> dict[str, str]:
    given = {}
    for parameter in request.get("Parameters") or ():
        key = parameter.get("ParameterKey")
        if key is None:
            raise validation_error("Parameters: a ParameterKey is missing.")
        if parameter.get("UsePreviousValue"):
            if key not in former.arguments:
                raise validation_error(
                    f"Invalid input for parameter key {key}. Cannot specify usePreviousValue as true for a parameter "
                    "key not in the previous template"
                )
            if parameter.get("ParameterValue"):
                raise validation_error(
                    f"Invalid input for parameter key {key}. Cannot specify usePreviousValue as true and non empty "
                    "value for a parameter"
                )
            given[key] = former.arguments[key].given
        else:
            given[key] = parameter.get("ParameterValue", "")
    return given


def stored_parameter(call: Call, name: str) -> str | None:
    """A value of Parameter Store, for parameters and dynamic references."""
    try:
        found = call.operation("ssm", "GetParameter", {"Name": name, "WithDecryption": True})
    except AwsError as error:
        if error.code in ("ParameterNotFound", "ParameterVersionNotFound"):
            return None
        raise
    return str(found["Parameter"]["Value"])


def stored_secret(call: Call, reference: str) -> str | None:
    """A value of Secrets Manager: ``secret-id:SecretString:json-key:version-stage:version-id``, all but the first
    optional. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
    """
    at = 7 if reference.startswith("arn:") else 1
    parts = reference.split(":")
    _, key, stage, version = (parts[at:] + [""] * 4)[:4]
    request = {"SecretId": ":".join(parts[:at]), "VersionStage": stage or None, "VersionId": version or None}
    found = call.operation("secretsmanager", "GetSecretValue", request)
    text = found["SecretString"]
    if not key:
        return None if text is None else str(text)
    try:
        value = orjson.loads(text or "null")[key]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise TemplateError(f"Could not find a value associated with JSONKey in SecretString: {key}") from None
    return value if isinstance(value, str) else orjson.dumps(value).decode()


# ---- capabilities


def needed_capabilities(template: Template) -> tuple[list[str], list[str]]:
    """The capabilities that a template needs, and the resource types that need them."""
    types = sorted({each.type for each in template.resources.values() if each.type in IAM_TYPES})
    named = any(NAMED_TYPES.get(each.type, "") in each.properties for each in template.resources.values())
    return (["CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"] if types else []), types


def check_capabilities(template: Template, given: list[str]) -> None:
    """Raises InsufficientCapabilitiesException."""
    needed, _ = needed_capabilities(template)
    if needed and not ("CAPABILITY_NAMED_IAM" in given or needed[0] in given):
        raise insufficient_capabilities(needed)


def check_types(template: Template, allowed: list[str] | None) -> None:
    """Only certain types, where a request names them, some as all that begin alike. Raises ValidationError."""
    for kind in sorted({each.type for each in template.resources.values()} if allowed else ()):
        if not any(kind == one or (one.endswith("*") and kind.startswith(one[:-1])) for one in allowed or ()):
            told = f"[{', '.join(allowed or ())}]"
            raise validation_error(f"Resource type {kind} is not allowed by parameter ResourceTypes {told}")


def check_may_expand(source: Source, given: list[str]) -> None:
    """Stacks, unlike change sets, take macros only from those who say that they know."""
    macros = [each for each in transforms_of(source.body) if each != "AWS::LanguageExtensions"]
    if (macros or macros_within(source.body)) and "CAPABILITY_AUTO_EXPAND" not in given:
        raise insufficient_capabilities(["CAPABILITY_AUTO_EXPAND"])
