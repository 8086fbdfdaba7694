"""The file of a site's configuration, pure: strict JSON, with the path of whatever is wrong."""

from __future__ import annotations

import difflib
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from packaging.version import InvalidVersion, Version

from ppvcms.errors import PpvcmsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Check = Callable[[Any], str]
    """Returns what is wrong with a value, or an empty text."""

FORMAT = 1
MOST_BYTES = 8 * 1024 * 1024
MOST_FAULTS = 50
ABOUT = ("format", "made_at", "made_by", "plugins", "pictures", "secrets_left_out")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a file: where, as ``area.key.part``, and what."""

    path: str
    text: str


class WrongFileError(PpvcmsError):
    """A file cannot be brought in; nothing was changed."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        lines = [f"{fault.path}: {fault.text}" for fault in self.faults[:MOST_FAULTS]]
        super().__init__("\n".join([_("The file was refused. Nothing was changed."), *lines]))


@dataclass(frozen=True, slots=True)
class Document:
    """A configuration file that was read; `areas` are entries by area and key."""

    sha256: str
    made_at: str
    made_by: str
    plugins: Mapping[str, str]
    pictures: Mapping[str, str]
    areas: Mapping[str, Mapping[str, Any]]


def digest_of(data: bytes) -> str:
    """Return the SHA-256 that a confirmation is bound to: pure."""
    return hashlib.sha256(data).hexdigest()


def as_file(content: Mapping[str, Any]) -> bytes:
    """Return a configuration as the bytes of its file: the same content, the same bytes."""
    return (json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def plain(value: Any) -> Any:
    """Return a value as it is after it was written to a file and read: pure."""
    return json.loads(json.dumps(value))


def same(one: Any, other: Any) -> bool:
    """Whether two values are one in a file; 1 is not true there: pure."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def parse(data: bytes, areas: Iterable[str]) -> Document:
    """Return a file that was read; what is in its areas is not judged yet.

    Raises:
        WrongFileError: It is no such file, of another format, or has an unknown key.
    """
    tables = tuple(areas)
    content = _read(data)
    if content.get("format") != FORMAT:
        words = _("This is not a configuration that this version can read (format 1).")
        raise WrongFileError([Fault("format", words)])
    faults = [*_frame_faults(content, tables), *_version_faults(content.get("plugins"))]
    if faults:
        raise WrongFileError(faults)
    return Document(
        digest_of(data),
        str(content["made_at"])[:40],
        str(content["made_by"])[:40],
        content["plugins"],
        content["pictures"],
        {area: content[area] for area in tables},
    )


def is_version(value: Any) -> bool:
    """Whether a value is a version of the kind that can be compared: pure."""
    try:
        Version(value)
    except (InvalidVersion, TypeError):
        return False
    return True


def unknown_key(key: str, known: Iterable[str]) -> str:
    """Return the sentence about a key that there is not, with the nearest one: pure."""
    near = difflib.get_close_matches(key, list(known), n=1)
    if near:
        return str(_("There is no such key. Did you mean “%(near)s”?", near=near[0]))
    return str(_("There is no such key."))


def shape(value: Any, parts: Mapping[str, Check]) -> dict[str, str]:
    """Return what is wrong with a table that has exactly these parts, by part: pure."""
    if not isinstance(value, dict):
        return {"": _("This must be a table.")}
    found = {key: unknown_key(key, parts) for key in value if key not in parts}
    found |= {key: _("This is missing.") for key in parts if key not in value}
    judged = {key: check(value[key]) for key, check in parts.items() if key in value}
    return found | {key: text for key, text in judged.items() if text}


def text(most: int, least: int = 0) -> Check:
    """Return the check of a text with so many letters."""

    def check(value: Any) -> str:
        if isinstance(value, str) and least <= len(value.strip()) and len(value) <= most:
            return ""
        return str(
            _("This must be a text of %(least)s to %(most)s letters.", least=least, most=most)
        )

    return check


def whole(least: int, most: int) -> Check:
    """Return the check of a whole number within bounds."""

    def check(value: Any) -> str:
        if type(value) is int and least <= value <= most:
            return ""
        words = _("This must be a whole number from %(least)s to %(most)s.", least=least, most=most)
        return str(words)

    return check


def switch(value: Any) -> str:
    """Check that a value is on or off."""
    return "" if isinstance(value, bool) else str(_("This must be true or false."))


def words(value: Any) -> str:
    """Check that a value is a list of texts."""
    good = isinstance(value, list) and all(isinstance(word, str) for word in value)
    return "" if good else str(_("This must be a list of texts."))


def _frame_faults(content: Mapping[str, Any], tables: tuple[str, ...]) -> list[Fault]:
    names = (*ABOUT, *tables)
    return [
        *(Fault(key, unknown_key(key, names)) for key in content if key not in names),
        *(Fault(key, _("This is missing.")) for key in names if key not in content),
        *(
            Fault(key, _("This must be a table."))
            for key in ("plugins", "pictures", *tables)
            if not isinstance(content.get(key, {}), dict)
        ),
    ]


def _version_faults(plugins: Any) -> list[Fault]:
    versions = plugins if isinstance(plugins, dict) else {}
    return [
        Fault(f"plugins.{slug}", _("This must be a version such as 1.2.0."))
        for slug, version in versions.items()
        if not is_version(version)
    ]


def _read(data: bytes) -> dict[str, Any]:
    if len(data) > MOST_BYTES:
        raise WrongFileError([Fault("-", _("The file is larger than 8 MB."))])
    try:
        content = json.loads(data, object_pairs_hook=_once, parse_constant=_no_constant)
        _keepable(content)
    except (ValueError, RecursionError) as error:
        raise WrongFileError([Fault("-", _("It is no JSON: %(why)s", why=str(error)))]) from error
    if not isinstance(content, dict):
        raise WrongFileError([Fault("-", _("This must be a table."))])
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(_("a key stands twice in one table"))
    return found


def _keepable(content: Any) -> None:
    """Refuse what no database keeps: half letters, zero bytes, numbers without an end."""
    text_of_it = json.dumps(content, ensure_ascii=False, allow_nan=False)
    if b"\\u0000" in text_of_it.encode():
        raise ValueError(_("it holds a zero byte"))


def _no_constant(name: str) -> Any:
    raise ValueError(name)
