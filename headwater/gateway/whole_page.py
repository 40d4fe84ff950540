"""A page made whole, so that its frame is painted from the first answer: styles and classic scripts of ours stand in
it, and the modules that it will import, however deep, are named, to be fetched side by side.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_STYLESHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
_SCRIPT = re.compile(r'<script src="([^"]+)"></script>')
_MODULE = re.compile(r'<script type="module" src="([^"]+)"></script>')
_IMPORT = re.compile(r'^(?:import|export)\b[^"\';]*?from "(\.[^"]+)"', re.MULTILINE)


class WholePage(NamedTuple):
    """``scripts`` are the sources of those within, as a Content-Security-Policy names them."""

    text: str
    scripts: tuple[str, ...]
    parts: tuple[Path, ...]


def whole_page(page: Path, base: str) -> WholePage:
    """``base`` is the address of the folder in which the page lies."""
    folder, parts, scripts = page.parent, [page], []

    def read(address: str) -> str:
        part = folder / address.removeprefix(base)
        parts.append(part)
        return part.read_text()

    def style(found: re.Match[str]) -> str:
        return f"<style>\n{read(found[1])}</style>"

    def script(found: re.Match[str]) -> str:
        text = "\n" + read(found[1])
        scripts.append(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'")
        return f"<script>{text}</script>"

    def module(found: re.Match[str]) -> str:
        wanted = list(_imports(folder / found[1].removeprefix(base)))
        parts.extend(wanted)
        named = [f'<link rel="modulepreload" href="{base}{each.relative_to(folder).as_posix()}">' for each in wanted]
        return "\n".join([*named, found[0]])

    text = _STYLESHEET.sub(style, page.read_text())
    text = _MODULE.sub(module, _SCRIPT.sub(script, text))
    return WholePage(text, tuple(scripts), tuple(parts))


def _imports(module: Path) -> Iterator[Path]:
    """All that a module imports, itself first, each once, the near ones before the far."""
    ahead, known = [module], {module}
    while ahead:
        present = ahead.pop(0)
        yield present
        for name in _IMPORT.findall(present.read_text()):
            wanted = (present.parent / name).resolve()
            if wanted not in known:
                known.add(wanted)
                ahead.append(wanted)
