"""Packaging without a server: what is local, how it is built, that the same content is the same archive."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from headwater.deploy import dependencies
from headwater.deploy.archive import digest_of, files_of, write_archive
from headwater.deploy.artifacts import artifacts_of
from headwater.deploy.errors import DeploymentError
from headwater.deploy.packaging import Packager, watched_paths


class Shelf:
    """A bucket that keeps what it is given."""

    name = "shelf"

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, key: str, path: Path) -> None:
        self.kept[key] = path.read_bytes()

    def url(self, key: str) -> str:
        return f"http://here/shelf/{key}"


TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.12, CodeUri: shared/}}
Resources:
  Own: {Type: AWS::Serverless::Function, Properties: {CodeUri: own/, Handler: app.handler}}
  Shared: {Type: AWS::Serverless::Function, Properties: {Handler: app.handler}}
  Inline: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: "x"}}}
  Plain: {Type: AWS::Lambda::Function, Properties: {Code: own, Runtime: provided.al2023}}
  Uploaded: {Type: AWS::Serverless::Function, Properties: {CodeUri: "s3://b/k"}}
  Machine: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: machine.asl.json}}
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer}}
  Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: nested.yaml}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    files = {
        "template.yaml": TEMPLATE,
        "own/app.py": "own",
        "own/__pycache__/app.pyc": "no",
        "own/bootstrap": "#!/bin/sh",
        "shared/app.py": "shared",
        "machine.asl.json": "{}",
        "layer/python/tool.py": "tool",
        "nested.yaml": "Resources: {F: {Type: AWS::Lambda::Function, Properties: {Code: own}}}",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "own/bootstrap").chmod(0o755)
    return folder


def names(content: bytes, tmp_path: Path) -> dict[str, int]:
    """Names in an archive with their permissions."""
    path = tmp_path / "archive.zip"
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        return {each.filename: each.external_attr >> 16 & 0o777 for each in archive.infolist()}


def packaged(project: Path, shelf: Shelf, tmp_path: Path) -> dict[str, Any]:
    body = Packager(shelf, tmp_path / "cache", lambda name: None).package(project / "template.yaml")
    return {name: each["Properties"] for name, each in body["Resources"].items()}


def test_every_kind_of_path(project: Path, tmp_path: Path) -> None:
    shelf = Shelf()
    found = packaged(project, shelf, tmp_path)
    key = found["Own"]["CodeUri"].removeprefix("s3://shelf/")
    assert names(shelf.kept[key], tmp_path) == {"app.py": 0o644, "bootstrap": 0o755}
    assert found["Plain"]["Code"] == {"S3Bucket": "shelf", "S3Key": key}
    assert found["Shared"]["CodeUri"] != found["Own"]["CodeUri"]
    assert found["Inline"]["Code"] == {"ZipFile": "x"}
    assert found["Uploaded"]["CodeUri"] == "s3://b/k"
    assert shelf.kept[found["Machine"]["DefinitionUri"].removeprefix("s3://shelf/")] == b"{}"
    layer = shelf.kept[found["Layer"]["ContentUri"].removeprefix("s3://shelf/")]
    assert names(layer, tmp_path) == {"python/tool.py": 0o644}
    nested = json.loads(shelf.kept[found["Nested"]["TemplateURL"].rpartition("/")[2]])
    assert nested["Resources"]["F"]["Properties"]["Code"] == {"S3Bucket": "shelf", "S3Key": key}


def test_an_archive_is_taken_as_it_is(project: Path, tmp_path: Path) -> None:
    write_archive(files_of(project / "own"), project / "own.zip")
    text = TEMPLATE.replace("CodeUri: own/", "CodeUri: own.zip").replace("Code: own,", "Code: own.zip,")
    (project / "template.yaml").write_text(text)
    shelf = Shelf()
    found = packaged(project, shelf, tmp_path)
    assert shelf.kept[found["Own"]["CodeUri"].removeprefix("s3://shelf/")] == (project / "own.zip").read_bytes()
    assert shelf.kept[found["Plain"]["Code"]["S3Key"]] == (project / "own.zip").read_bytes()
    assert project / "own.zip" in set(watched_paths(project / "template.yaml"))


def test_the_same_content_is_the_same_archive(project: Path, tmp_path: Path) -> None:
    first = packaged(project, Shelf(), tmp_path / "1")
    copy = tmp_path / "copy"
    shutil.copytree(project, copy)
    (copy / "own/app.py").touch()
    assert packaged(copy, Shelf(), tmp_path / "2") == first
    (copy / "own/app.py").write_text("changed")
    assert packaged(copy, Shelf(), tmp_path / "2")["Own"] != first["Own"]
    for number in ("1", "2"):
        write_archive(files_of(project / "own"), tmp_path / f"{number}.zip")
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


def test_permissions_are_content(project: Path) -> None:
    before = digest_of(files_of(project / "own"))
    (project / "own/bootstrap").chmod(0o644)
    assert digest_of(files_of(project / "own")) != before


def test_what_is_watched(project: Path) -> None:
    watched = {path.relative_to(project).as_posix() for path in watched_paths(project / "template.yaml")}
    assert watched == {"template.yaml", "own", "shared", "machine.asl.json", "layer", "nested.yaml"}


def test_a_path_that_leads_nowhere(project: Path, tmp_path: Path) -> None:
    shutil.rmtree(project / "shared")
    with pytest.raises(DeploymentError, match=r"Shared\.CodeUri: shared/ does not exist in"):
        packaged(project, Shelf(), tmp_path)


def test_a_build_method_that_we_lack(project: Path, tmp_path: Path) -> None:
    text = TEMPLATE.replace("  Own: {Type", "  Own: {Metadata: {BuildMethod: makefile}, Type")
    (project / "template.yaml").write_text(text)
    with pytest.raises(DeploymentError, match="Own: the BuildMethod makefile is not implemented"):
        packaged(project, Shelf(), tmp_path)


def test_requirements_are_installed_once(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = []

    def install(source: Path, target: Path) -> None:
        installed.append(source.name)
        (target / "tool.py").write_text("tool")

    monkeypatch.setattr(dependencies, "_install_python", install)
    (project / "own/requirements.txt").write_text("boto3>=1 # comes with the runtime\n\nbotocore\n")
    packaged(project, Shelf(), tmp_path)
    assert installed == []
    (project / "own/requirements.txt").write_text("boto3\ntool==1.0\n")
    shelf = Shelf()
    key = packaged(project, shelf, tmp_path)["Own"]["CodeUri"].removeprefix("s3://shelf/")
    assert set(names(shelf.kept[key], tmp_path)) == {"app.py", "bootstrap", "requirements.txt", "tool.py"}
    (project / "own/app.py").write_text("changed")
    packaged(project, Shelf(), tmp_path)
    assert installed == ["own"]


def test_layers_are_built_where_they_ask_for_it(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def install(source: Path, target: Path) -> None:
        (target / "node_modules/tool").mkdir(parents=True)
        (target / "node_modules/tool/index.js").write_text("tool")

    monkeypatch.setattr(dependencies, "_install_node", install)
    (project / "layer/package.json").write_text('{"dependencies": {"tool": "1"}}')
    text = TEMPLATE.replace("  Layer: {Type", "  Layer: {Metadata: {BuildMethod: nodejs20.x}, Type")
    (project / "template.yaml").write_text(text)
    shelf = Shelf()
    key = packaged(project, shelf, tmp_path)["Layer"]["ContentUri"].removeprefix("s3://shelf/")
    assert set(names(shelf.kept[key], tmp_path)) == {
        "nodejs/node_modules/tool/index.js",
        "nodejs/package.json",
        "nodejs/python/tool.py",
    }


def test_a_template_that_is_no_template(tmp_path: Path) -> None:
    assert artifacts_of({"Resources": ["a"]}, tmp_path) == []
    assert artifacts_of({"Resources": {"A": "b"}}, tmp_path) == []
    with pytest.raises(DeploymentError, match="cannot be read"):
        list(watched_paths(tmp_path / "gone.yaml"))


FAKE_ESBUILD = """#!/bin/sh
for argument; do case $argument in --outdir=*) target=${argument#--outdir=} ;; esac; done
mkdir -p "$target" && echo "$@" | sed "s#$target#OUT#" > "$target/app.js"
"""


def test_a_function_is_bundled_by_esbuild(project: Path, tmp_path: Path) -> None:
    properties = "{Minify: false, Sourcemap: true, External: [sharp], Target: es2022, OutExtension: [.js=.mjs]}"
    text = f"""
Resources:
  Typed:
    Type: AWS::Serverless::Function
    Metadata: {{BuildMethod: esbuild, BuildProperties: {properties}}}
    Properties: {{CodeUri: typed, Handler: app.handler, Runtime: nodejs20.x}}
"""
    (project / "template.yaml").write_text(text)
    (project / "typed").mkdir()
    (project / "typed/app.ts").write_text("export const handler = async (): Promise<number> => 1")
    program = project / "typed/node_modules/.bin/esbuild"
    program.parent.mkdir(parents=True)
    program.write_text(FAKE_ESBUILD)
    program.chmod(0o755)
    shelf = Shelf()
    packaged(project, shelf, tmp_path)
    archive = next(content for key, content in shelf.kept.items() if key.endswith(".zip"))
    assert list(names(archive, tmp_path)) == ["app.js"]
    with zipfile.ZipFile(tmp_path / "archive.zip") as bundle:
        said = bundle.read("app.js").decode().split()
    assert said == [
        *("app.ts", "--bundle", "--platform=node", "--log-level=error", "--outdir=OUT", "--target=es2022"),
        *("--format=cjs", "--sourcemap", "--external:sharp", "--out-extension:.js=.mjs"),
    ]
    (project / "template.yaml").write_text(text.replace("Minify", "Plugins"))
    with pytest.raises(DeploymentError, match="Typed: Plugins of BuildProperties is not implemented"):
        packaged(project, shelf, tmp_path)


def test_pieces_and_anchors_of_a_local_template(project: Path, tmp_path: Path) -> None:
    (project / "api.yaml").write_text("openapi: 3.0.1")
    (project / "template.yaml").write_text("""
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties: &same
      DefinitionBody: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: api.yaml}}}
  Other: {Type: AWS::Serverless::Api, Properties: *same}
""")
    shelf = Shelf()
    body = packaged(project, shelf, tmp_path)
    for name in ("Api", "Other"):
        include = body[name]["DefinitionBody"]["Fn::Transform"]
        assert include["Parameters"]["Location"].startswith("s3://shelf/")
    assert list(shelf.kept.values()) == [b"openapi: 3.0.1"]
    assert project / "api.yaml" in watched_paths(project / "template.yaml")
