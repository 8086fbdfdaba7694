"""Reading a plugin's code without running it: imports, HTML, and texts for people."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from jinja2 import Environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LINES = frozenset({"eventlet", "gevent", "socket", "socketserver", "ssl", "websockets"})
"""Modules with which code listens, or speaks past an HTTP client."""
CLIENTS = frozenset(
    {"aiohttp", "ftplib", "http.client", "httpx", "imaplib", "requests", "smtplib", "urllib3"}
    | {"urllib.request"}
)
"""Modules with which code speaks to other servers."""
FIELDS = re.compile(r"(?:Field|PluginMenuItem|Permission|NoticeKind|RoomMode)$")
SPOKEN = frozenset({"label", "description", "title", "summary", "body"})
NAMES_FIRST = re.compile(r"Field$")
WORD = re.compile(r"\b[^\W\d_]?[a-z]{2,}")
SEEN = re.compile(r"""\b(?:alt|aria-label|placeholder|title)=("[^"]*"|'[^']*')""")
UNSEEN = re.compile(r"(?s)<(script|style|code|pre)\b.*?</\1>|<!--.*?-->|<[^>]*>|&\w+;")
STATEMENT = re.compile(r"(?s)\{#.*?#\}|\{%-?\s*trans\b.*?endtrans\s*-?%\}|\{%.*?%\}|\{\{.*?\}\}")
HOLE = "\N{REPLACEMENT CHARACTER}"


def sources(folder: Path) -> list[Path]:
    """Return the Python files below a folder."""
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def own_sources(plugin: Path) -> list[Path]:
    """Return what of a plugin runs on a site: its Python files without its tests."""
    return [path for path in sources(plugin) if "tests" not in path.relative_to(plugin).parts]


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield the names of modules a file imports when it runs, and where."""
    hidden = {
        id(node)
        for guard in ast.walk(tree)
        if isinstance(guard, ast.If) and "TYPE_CHECKING" in ast.unparse(guard.test)
        for node in ast.walk(guard)
    }
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module, node.lineno
            if node.module in {"ppvcms", "http", "urllib"}:
                inside = (f"{node.module}.{alias.name}" for alias in node.names)
                yield from ((name, node.lineno) for name in inside)


def foreign_imports(plugin: Path, friends: frozenset[str]) -> list[str]:
    """Return what a plugin imports of the site beside the interface, itself and its friends."""
    mine = {f"plugins.{slug}" for slug in (plugin.name, *friends)}

    def foreign(name: str) -> bool:
        if name.split(".", maxsplit=1)[0] not in {"ppvcms", "plugins"} or name in {
            "ppvcms.api",
            "ppvcms",
        }:
            return False
        return not name.startswith("ppvcms.api.") and ".".join(name.split(".")[:2]) not in mine

    return _naming(plugin, foreign)


def lines_opened(plugin: Path, capabilities: tuple[str, ...]) -> list[str]:
    """Return imports of sockets and HTTP clients for which plugin.toml names no capability."""
    means = {word.partition(":")[0] for word in capabilities}
    lines = set() if means & {"processes"} else LINES
    clients = set() if means & {"http", "network", "gateway", "media"} else CLIENTS
    return _naming(plugin, lambda name: name in lines | clients)


def raw_html(plugin: Path) -> list[str]:
    """Return where HTML is put together past the escaping: `Markup` of text, ``|safe``."""
    found = []
    for path in own_sources(plugin):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith("Markup"):
                continue
            if node.args and _is_glued(node.args[0]):
                found.append(f"{path.relative_to(plugin)}:{node.lineno} {ast.unparse(node)}")
    for path in templates(plugin):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if re.search(r"\|\s*safe\b|autoescape\s+false", line):
                found.append(f"{path.relative_to(plugin)}:{number} {line.strip()}")
    return found


def templates(plugin: Path) -> list[Path]:
    """Return the HTML templates of a plugin or theme."""
    return sorted((plugin / "templates").rglob("*.html"))


def unmarked_texts(plugin: Path) -> list[str]:
    """Return texts for people that no catalogue can translate, each with its place."""
    found = []
    for path in own_sources(plugin):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [f"{path.relative_to(plugin)}:{at} {text}" for at, text in _unmarked_code(tree)]
    for path in templates(plugin):
        texts = unmarked_html(path.read_text(encoding="utf-8"))
        found += [f"{path.relative_to(plugin)}: {text}" for text in texts]
    return found


def unmarked_html(source: str) -> list[str]:
    """Return the words of a template that stand outside of ``_()`` and ``{% trans %}``."""
    Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    html = STATEMENT.sub(HOLE, source)
    seen = [found[1].strip("\"'") for found in SEEN.finditer(html)]
    return [text for text in map(_words, [*seen, *UNSEEN.sub("\n", html).split("\n")]) if text]


def _words(text: str) -> str:
    return text.replace(HOLE, " ").strip() if WORD.search(text) else ""


def _unmarked_code(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not FIELDS.search(ast.unparse(node.func)):
            continue
        named = [word.value for word in node.keywords if word.arg in SPOKEN]
        first = node.args[:1] if NAMES_FIRST.search(ast.unparse(node.func)) else []
        for each in (*first, *named):
            text = each.value if isinstance(each, ast.Constant) else None
            if isinstance(text, str) and WORD.search(text):
                yield each.lineno, text


def _is_glued(argument: ast.expr) -> bool:
    """Whether a text is an f-string, or is put together by `+`, `%`, `format` or `join`."""
    if isinstance(argument, ast.BinOp):
        return True
    if isinstance(argument, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in argument.values)
    called = argument.func if isinstance(argument, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr in {"format", "join", "replace"}


def _naming(plugin: Path, unwanted: Callable[[str], bool]) -> list[str]:
    return [
        f"{path.relative_to(plugin)}:{line} imports {name}"
        for path in own_sources(plugin)
        for name, line in imported(ast.parse(path.read_text(encoding="utf-8")))
        if unwanted(name)
    ]
