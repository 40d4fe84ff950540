"""Modules that functions may import whose source stands in a template: how a custom resource answers.

They come into the package where the source imports them by exactly this statement, as AWS says.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-lambda-function-code-cfnresponsemodule.html
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

_HERE = Path(__file__).parent
_PYTHON = re.compile(r"^\s*import cfnresponse\b", re.MULTILINE)
_NODE = re.compile(r"""require\(\s*['"]cfn-response['"]\s*\)""")


def package(source: str, runtime: str) -> bytes:
    """A package of the source as `index`, and of the module that it imports."""
    if runtime.startswith("python"):
        files = {"index.py": source}
        if _PYTHON.search(source):
            files["cfnresponse.py"] = (_HERE / "cfnresponse.py").read_text()
    else:
        files = {"index.js": source}
        if _NODE.search(source):
            files["node_modules/cfn-response.js"] = (_HERE / "cfn_response.cjs").read_text()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)  # of no time: the same source is the same package
    return buffer.getvalue()
