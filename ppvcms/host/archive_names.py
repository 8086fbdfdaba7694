"""Which names may stand in a package: such as mean the same file on every system."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_NAME = 200
LONGEST_PART = 100
_DRIVE = re.compile(r"[A-Za-z]:")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_LEFT_OVER = frozenset({"__MACOSX", "__pycache__"})
_ARCHIVES = frozenset(
    [
        *("zip", "tar", "gz", "tgz", "bz2", "tbz", "xz", "txz", "zst", "7z", "rar", "whl"),
        *("egg", "jar", "war", "apk", "iso", "dmg", "cab", "deb", "rpm"),
    ]
)
_COMPILED = frozenset(
    [
        *("pyc", "pyo", "pyd", "so", "dll", "dylib", "exe", "com", "o", "a", "obj", "lib"),
        *("class", "wasm", "elf", "bin"),
    ]
)
_STARTS_ITSELF = frozenset({"pth", "sh", "bat", "cmd", "ps1", "lnk", "url", "desktop", "service"})
_WHOLE: tuple[tuple[Callable[[str], object], str], ...] = (
    (lambda name: "\x00" in name, "has a NUL in its name."),
    (
        lambda name: any(unicodedata.category(sign) in _UNSEEN for sign in name),
        "has an invisible sign in its name.",
    ),
    (lambda name: "\\" in name, "has a backslash in its name."),
    (lambda name: name.startswith("/"), "is an absolute path."),
    (_DRIVE.match, "names a drive."),
    (
        lambda name: any(sign in name for sign in ':*?"<>|'),
        "has a sign in its name that some systems do not allow.",
    ),
    (lambda name: len(name.encode()) > LONGEST_NAME, "has a name that is too long."),
    (
        lambda name: unicodedata.normalize("NFKC", name) != name,
        "has a name that can be written in two ways.",
    ),
)
_PART: tuple[tuple[Callable[[str], object], str], ...] = (
    (lambda part: part == "..", "leads out of the package."),
    (lambda part: part in {"", "."}, "has an empty part in its path."),
    (lambda part: len(part) > LONGEST_PART, "has a name that is too long."),
    (
        lambda part: part.startswith(".") or part in _LEFT_OVER,
        "is hidden or left over from a tool. Pack the folder without it.",
    ),
    (
        lambda part: part != part.strip() or part.endswith("."),
        "begins or ends with a blank or a dot.",
    ),
    (_RESERVED.fullmatch, "has a name that Windows keeps for itself."),
)


def name_problem(name: str) -> str:
    """Return why a name may not stand in a package, as a sentence, or an empty text."""
    if not name:
        return "An entry has no name."
    shown = name.encode("unicode_escape").decode()[:80]
    found = [text for test, text in _WHOLE if test(name)]
    for part in name.removesuffix("/").split("/"):
        found += [text for test, text in _PART if test(part)]
    reason = found[0] if found else _suffix(name)
    return f"'{shown}' {reason}" if reason else ""


def _suffix(name: str) -> str:
    words = name.rstrip("/").rpartition("/")[2].lower().split(".")[1:]
    last = words[-1] if words else ""
    if last in _ARCHIVES:
        return "is an archive inside the archive."
    if last in _COMPILED or "so" in words:
        return "is compiled, so nobody can read what it does."
    if last in _STARTS_ITSELF:
        return "is a file that a system may start by itself."
    return ""
