"""Provisioning templates and their versions.

https://docs.aws.amazon.com/iot/latest/developerguide/provision-wo-cert.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from headwater.services.iot.errors import already_exists, check_name, invalid_request, not_found
from headwater.services.iot.listing import first, list_page
from headwater.services.iot.provisioning import tables
from headwater.services.iot.provisioning.body import BodyProblem, check_body
from headwater.services.iot.tags import forget_tags, set_tags
from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.permissions import check_passing

_NAME = re.compile("^[0-9A-Za-z_-]+$")
_LONGEST_NAME, _LONGEST_BODY = 36, 10_240
_MOST_VERSIONS = 5
_PAGE = 250
_TYPES = ("FLEET_PROVISIONING", "JITP")
_KEPT = ("description", "enabled", "provisioningRoleArn", "preProvisioningHook", "type")


class Template(NamedTuple):
    """``document`` has the members of the API; ``version`` is the default one."""

    name: str
    document: dict[str, Any]
    version: int
    created: int
    modified: int


def template_arn(call: Call, name: str) -> str:
    return make_arn("iot", call.region, call.account, f"provisioningtemplate/{name}")


def find_template(call: Call, name: str) -> Template:
    row = call.store.one(tables.TEMPLATE, (call.account, call.region, name))
    if row is None:
        raise not_found(f"The provisioning template {name} does not exist.")
    call.span.subject = template_arn(call, name)
    document, version, created, modified = row
    return Template(name, orjson.loads(document), version, created, modified)


def body_of(call: Call, template: Template) -> str:
    """The body of the default version."""
    return str(_version(call, template.name, template.version)[0])


def _found(call: Call, request: Request) -> Template:
    return find_template(call, check_name(request, "templateName", _NAME, _LONGEST_NAME))


def _version(call: Call, name: str, version: Any) -> tuple[str, int]:
    row = call.store.one(tables.VERSION, (call.account, call.region, name, version))
    if row is None:
        raise not_found(f"The version {version} of the provisioning template {name} does not exist.")
    body, created = row
    return body, created


def checked_body(request: Request) -> str:
    body: str = request.get("templateBody") or ""
    if len(body) > _LONGEST_BODY:
        raise invalid_request(f"The template body has more than {_LONGEST_BODY} characters.")
    try:
        check_body(body)
    except BodyProblem as problem:
        raise invalid_request(str(problem)) from problem
    return body


def _checked_document(call: Call, document: Mapping[str, Any]) -> str:
    if not document.get("provisioningRoleArn"):
        raise invalid_request("The provisioningRoleArn must be given.")
    check_passing(call, document["provisioningRoleArn"], "iot")
    if document["type"] not in _TYPES:
        raise invalid_request(f"The type of a template is one of {', '.join(_TYPES)}.")
    hook = document.get("preProvisioningHook")
    if hook and not hook.get("targetArn"):
        raise invalid_request("The preProvisioningHook must have a targetArn.")
    return orjson.dumps(document).decode()


@operation("iot", "CreateProvisioningTemplate")
def create_provisioning_template(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreateProvisioningTemplate.html"""
    name = check_name(request, "templateName", _NAME, _LONGEST_NAME)
    call.span.subject = arn = template_arn(call, name)
    body = checked_body(request)
    given = {member: request[member] for member in _KEPT if request.get(member) is not None}
    document = _checked_document(call, {"enabled": False, "type": _TYPES[0]} | given)
    key = (call.account, call.region, name)
    if call.store.one(tables.TEMPLATE, key) is not None:
        raise already_exists(f"The provisioning template {name} already exists.", name, arn)
    call.store.run(tables.INSERT_TEMPLATE, (*key, document, call.now, call.now))
    call.store.run(tables.INSERT_VERSION, (*key, 1, body, call.now))
    set_tags(call, arn, request.get("tags") or ())
    return {"templateArn": arn, "templateName": name, "defaultVersionId": 1}


@operation("iot", "DescribeProvisioningTemplate", reads=True)
def describe_provisioning_template(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeProvisioningTemplate.html"""
    found = _found(call, request)
    return found.document | {
        "templateArn": template_arn(call, found.name),
        "templateName": found.name,
        "creationDate": found.created,
        "lastModifiedDate": found.modified,
        "defaultVersionId": found.version,
        "templateBody": body_of(call, found),
    }


@operation("iot", "ListProvisioningTemplates", reads=True)
def list_provisioning_templates(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListProvisioningTemplates.html"""

    def fetch(after: str, count: int) -> list[tuple[Any, ...]]:
        return call.store.all(tables.TEMPLATES, (call.account, call.region, after, count))

    rows, token = list_page(request, fetch, first, _PAGE)
    listed = []
    for name, text, created, modified in rows:
        document = orjson.loads(text)
        told = {member: document.get(member) for member in ("description", "enabled", "type")}
        named = {"templateArn": template_arn(call, name), "templateName": name}
        listed.append(named | told | {"creationDate": created, "lastModifiedDate": modified})
    return {"templates": listed, "nextToken": token}


@operation("iot", "UpdateProvisioningTemplate")
def update_provisioning_template(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateProvisioningTemplate.html"""
    found = _found(call, request)
    given = {member: request[member] for member in _KEPT[:-1] if request.get(member) is not None}
    document = found.document | given
    if request.get("removePreProvisioningHook"):
        document.pop("preProvisioningHook", None)
    version = request.get("defaultVersionId") or found.version
    _version(call, found.name, version)
    _update(call, found, _checked_document(call, document), version)
    return {}


def _update(call: Call, found: Template, document: str, version: int) -> None:
    row = (document, version, call.now, call.account, call.region, found.name)
    call.store.run(tables.UPDATE_TEMPLATE, row)


@operation("iot", "DeleteProvisioningTemplate")
def delete_provisioning_template(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteProvisioningTemplate.html"""
    key = (call.account, call.region, _found(call, request).name)
    call.store.run(tables.DELETE_VERSIONS, key)
    call.store.run(tables.DELETE_TEMPLATE, key)
    forget_tags(call, template_arn(call, key[2]))
    return {}


@operation("iot", "CreateProvisioningTemplateVersion")
def create_provisioning_template_version(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreateProvisioningTemplateVersion.html"""
    found, body = _found(call, request), checked_body(request)
    key = (call.account, call.region, found.name)
    versions = [version for version, _ in call.store.all(tables.VERSIONS, key)]
    if len(versions) >= _MOST_VERSIONS:
        message = f"The provisioning template {found.name} already has {_MOST_VERSIONS} versions."
        raise AwsError("VersionsLimitExceededException", message, 409)
    version, is_default = versions[-1] + 1, bool(request.get("setAsDefault"))
    call.store.run(tables.INSERT_VERSION, (*key, version, body, call.now))
    _update(call, found, orjson.dumps(found.document).decode(), version if is_default else found.version)
    named = {"templateArn": template_arn(call, found.name), "templateName": found.name}
    return named | {"versionId": version, "isDefaultVersion": is_default}


@operation("iot", "DescribeProvisioningTemplateVersion", reads=True)
def describe_provisioning_template_version(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeProvisioningTemplateVersion.html"""
    found, version = _found(call, request), request["versionId"]
    body, created = _version(call, found.name, version)
    told = {"versionId": version, "creationDate": created, "templateBody": body}
    return told | {"isDefaultVersion": version == found.version}


@operation("iot", "ListProvisioningTemplateVersions", reads=True)
def list_provisioning_template_versions(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListProvisioningTemplateVersions.html"""
    found = _found(call, request)
    rows = call.store.all(tables.VERSIONS, (call.account, call.region, found.name))

    def fetch(after: str, count: int) -> list[tuple[Any, ...]]:
        last = int(after) if after.isdecimal() else 0
        return [row for row in rows if row[0] > last][:count]

    page, token = list_page(request, fetch, first, _PAGE)
    listed = [
        {"versionId": version, "creationDate": created, "isDefaultVersion": version == found.version}
        for version, created in page
    ]
    return {"versions": listed, "nextToken": token}


@operation("iot", "DeleteProvisioningTemplateVersion")
def delete_provisioning_template_version(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteProvisioningTemplateVersion.html"""
    found, version = _found(call, request), request["versionId"]
    _version(call, found.name, version)
    if version == found.version:
        raise AwsError("DeleteConflictException", "The default version of a template cannot be deleted.", 409)
    call.store.run(tables.DELETE_VERSION, (call.account, call.region, found.name, version))
    return {}
