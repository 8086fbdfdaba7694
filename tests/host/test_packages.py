"""Hostile archives: each is refused before a byte is unpacked, with the entry and the reason."""

from __future__ import annotations

import random
import stat
from dataclasses import replace

import pytest

from ppvcms.host import archive
from ppvcms.host.archive import PackageError
from tests.host.packs import MANIFEST, SLUG, Part, first_with, named, packed, plain, with_part

EVIL = f"{SLUG}/evil"
BOMB = b"\x00" * (4 * 1024 * 1024)
HOSTILE: dict[str, tuple[bytes, str, str]] = {
    # Names: what the archive holds, the entry and the reason that are told.
    "up": (named("../evil.py"), "../evil.py", "leads out"),
    "up from inside": (named(f"{SLUG}/../../evil.py"), "evil.py", "leads out"),
    "up at the end": (named(f"{SLUG}/.."), SLUG, "leads out"),
    "absolute": (named("/etc/passwd"), "/etc/passwd", "absolute"),
    "two slashes": (named("//server/share"), "//server/share", "absolute"),
    "backslash": (named(f"{SLUG}\\evil.py"), "evil.py", "backslash"),
    "up by backslash": (named("..\\evil.py"), "evil.py", "backslash"),
    "drive": (named("C:/evil.py"), "C:/evil.py", "drive"),
    "drive without slash": (named("c:evil.py"), "c:evil.py", "drive"),
    "stream": (named(f"{EVIL}.py:hidden"), "hidden", "some systems"),
    "empty part": (named(f"{SLUG}//evil.py"), "evil.py", "empty part"),
    "dot part": (named(f"{SLUG}/./evil.py"), "evil.py", "empty part"),
    "no name": (named(""), "An entry", "no name"),
    "NUL": (named(f"{EVIL}.py\x00.png"), "evil.py", "NUL"),
    "line break": (named(f"{EVIL}\n.py"), "evil", "invisible"),
    "escape": (named(f"{EVIL}\x1b[2J"), "evil", "invisible"),
    "right to left": (named(f"{SLUG}/\u202eyp.evil"), "evil", "invisible"),
    "no width": (named(f"{SLUG}/plug\u200bin.py"), "plug", "invisible"),
    "wide letters": (named(f"{SLUG}/\uff50lugin.py"), "lugin.py", "two ways"),
    "split letters": (named(f"{SLUG}/cafe\u0301.py"), "cafe", "two ways"),
    "not UTF-8": (named(b"parcel/\xff\xfe.py"), "xff", "not UTF-8"),
    "not UTF-8 but said so": (with_part(Part(b"parcel/\xc3.py", flags=2048)), "xc3", "not UTF-8"),
    "long name": (named(f"{SLUG}/{'a' * 101}.py"), "aaa", "too long"),
    "long path": (named(f"{SLUG}/{'b/' * 120}c.py"), "b/b", "too long"),
    "reserved": (named(f"{SLUG}/con.py"), "con.py", "Windows"),
    "reserved folder": (named(f"{SLUG}/AUX/x.py"), "AUX", "Windows"),
    "reserved port": (named(f"{SLUG}/com1"), "com1", "Windows"),
    "dot at the end": (named(f"{EVIL}."), "evil.", "blank or a dot"),
    "blank at the end": (named(f"{EVIL} "), "evil ", "blank or a dot"),
    "star": (named(f"{SLUG}/a*.py"), "a*.py", "some systems"),
    "hidden": (named(f"{SLUG}/.htaccess"), ".htaccess", "hidden"),
    "repository": (named(f"{SLUG}/.git/config"), ".git", "hidden"),
    "a Mac's leftovers": (named("__MACOSX/x"), "__MACOSX", "left over"),
    "cached code": (named(f"{SLUG}/__pycache__/x.txt"), "__pycache__", "left over"),
    "twice": (named(f"{SLUG}/plugin.py"), "plugin.py", "twice"),
    "case": (named(f"{SLUG}/Plugin.PY"), "Plugin.PY", "in case"),
    "case of a folder": (
        with_part(Part(f"{SLUG}/PLUGIN.py/", b"", stat.S_IFDIR, 0)),
        "PLUGIN.py",
        "in case",
    ),
    "file as a folder": (named(f"{SLUG}/plugin.py/evil.py"), "evil.py", "is a file"),
    # Kinds.
    "link": (with_part(Part(EVIL, b"/etc", stat.S_IFLNK | 0o777)), EVIL, "a link"),
    "block device": (with_part(Part(EVIL, b"", stat.S_IFBLK)), EVIL, "a device"),
    "character device": (with_part(Part(EVIL, b"", stat.S_IFCHR)), EVIL, "a device"),
    "pipe": (with_part(Part(EVIL, b"", stat.S_IFIFO)), EVIL, "a pipe"),
    "socket": (with_part(Part(EVIL, b"", stat.S_IFSOCK)), EVIL, "a socket"),
    "folder that is a file": (with_part(Part(f"{EVIL}/")), EVIL, "a folder and a file"),
    "file that is a folder": (with_part(Part(EVIL, b"", stat.S_IFDIR)), EVIL, "folder and a file"),
    "full folder": (with_part(Part(f"{EVIL}/", b"x", stat.S_IFDIR)), EVIL, "has contents"),
    "compiled Python": (named(f"{EVIL}.pyc"), "evil.pyc", "compiled"),
    "extension": (named(f"{EVIL}.so"), "evil.so", "compiled"),
    "numbered library": (named(f"{EVIL}.so.1"), "evil.so.1", "compiled"),
    "Windows extension": (named(f"{EVIL}.pyd"), "evil.pyd", "compiled"),
    "library": (named(f"{EVIL}.DLL"), "evil.DLL", "compiled"),
    "path file": (named(f"{EVIL}.pth"), "evil.pth", "by itself"),
    "shell": (named(f"{EVIL}.sh"), "evil.sh", "by itself"),
    "nested zip": (named(f"{EVIL}.zip"), "evil.zip", "inside the archive"),
    "nested wheel": (named(f"{EVIL}.whl"), "evil.whl", "inside the archive"),
    "nested tar": (named(f"{EVIL}.tar.gz"), "evil.tar.gz", "inside the archive"),
    "zip in disguise": (named(f"{EVIL}.png", packed(plain())), "evil.png", "a zip file"),
    "gzip in disguise": (named(f"{EVIL}.txt", b"\x1f\x8b\x08abc"), "evil.txt", "a gzip file"),
    "program in disguise": (named(f"{EVIL}.css", b"\x7fELF\x02"), "evil.css", "a compiled"),
    # How it is packed.
    "encrypted": (with_part(Part(EVIL, b"x", flags=1)), EVIL, "encrypted"),
    "strongly encrypted": (with_part(Part(EVIL, b"x", flags=64)), EVIL, "encrypted"),
    "masked": (with_part(Part(EVIL, b"x", flags=8192)), EVIL, "encrypted"),
    "AES": (with_part(Part(EVIL, b"x", extra=b"\x01\x99\x00\x00")), EVIL, "encryption"),
    "second name": (with_part(Part(EVIL, b"x", extra=b"up\x00\x00")), EVIL, "a second name"),
    "zip64": (with_part(Part(EVIL, b"x", extra=b"\x01\x00\x00\x00")), EVIL, "zip64"),
    "cut extra field": (with_part(Part(EVIL, b"x", extra=b"\x02\x00\x09")), EVIL, "extra field"),
    "unusual method": (with_part(Part(EVIL, b"x", method=12)), EVIL, "unusual"),
    "patch": (with_part(Part(EVIL, b"x", flags=32)), EVIL, "unusual"),
    "bomb": (named(EVIL, BOMB), EVIL, "100 times"),
    "bomb in parts": (
        packed([*plain(), *[Part(f"{EVIL}{n}", BOMB[:900_000]) for n in range(9)]]),
        "It",
        "100 times",
    ),
    "too many": (packed([Part(f"{SLUG}/{n}") for n in range(2001)]), "2001 files", "2000"),
    "too large": (with_part(Part(EVIL, central={"size": 60_000_000})), "MB", "allowed"),
    "larger than it says": (
        first_with(local={"size": 9, "crc": 1}, central={"size": 9, "crc": 1}),
        "plugin.toml",
        "larger than it says",
    ),
    "smaller than it says": (
        first_with(local={"size": 999}, central={"size": 999}),
        "plugin.toml",
        "another size",
    ),
    "wrong check sum": (first_with(local={"crc": 1}, central={"crc": 1}), "plugin.toml", "damaged"),
    "not deflated": (
        with_part(Part(EVIL, b"\xff", method=0, local={"method": 8}, central={"method": 8})),
        EVIL,
        "damaged",
    ),
    # Headers that disagree, and what lies between them.
    "other name": (first_with(local={"name": b"parcel/plugin.tomb"}), "plugin.toml", "disagree"),
    "other size": (first_with(local={"size": 1}), "plugin.toml", "disagree"),
    "other check sum": (first_with(local={"crc": 1}), "plugin.toml", "disagree"),
    "other method": (first_with(local={"method": 0}), "plugin.toml", "disagree"),
    "other flags": (first_with(local={"flags": 2}), "plugin.toml", "disagree"),
    "other descriptor": (
        first_with(flags=8, central={"crc": 5}),
        "plugin.toml",
        "disagree",
    ),
    "two sizes": (with_part(Part(EVIL, b"xx", method=0, central={"size": 1})), EVIL, "two sizes"),
    "elsewhere": (first_with(central={"offset": 7}), "plugin", "not listed"),
    "over each other": (with_part(Part(EVIL, b"x", central={"offset": 0})), EVIL, "not listed"),
    "unlisted entry": (
        with_part(Part(EVIL, b"x", unlisted=True)),
        "list of contents",
        "not listed",
    ),
    "between entries": (with_part(Part(EVIL, b"x", before=b"junk")), EVIL, "not listed"),
    "before all": (packed(plain(), head=b"#!/bin/sh\n"), "not a zip file", "package"),
    "another zip before": (packed(plain(), head=packed(plain())), "plugin.toml", "not listed"),
    "after the end": (packed(plain(), tail=b"junk"), "follows the end", ""),
    "another zip after": (packed(plain()) + packed(plain()), "list of contents", ""),
    "in parts": (packed(plain(), disk=1), "several parts", ""),
    "counted wrongly": (packed(plain(), here=1, count=1), "list of contents", "longer or shorter"),
    "counted too far": (packed(plain(), here=9, count=9), "list of contents", "damaged"),
    "list elsewhere": (packed(plain(), at=3), "list of contents", "does not lie"),
    "zip64 as a whole": (packed(plain(), at=0xFFFFFFFF), "zip64", ""),
    "no entries": (b"PK\x03\x04" + packed([]), "list of contents", ""),
    "not a zip": (b"\x00" * 200, "not a zip file", ""),
    "a page": (b"<!doctype html>", "not a zip file", ""),
    "nothing": (b"", "not a zip file", ""),
}


def unpacked(data: bytes) -> dict[str, bytes]:
    return {
        entry.name: archive.read(data, entry) for entry in archive.look(data) if not entry.is_folder
    }


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_archive_is_refused_with_the_entry_and_the_reason(case: str) -> None:
    data, entry, reason = HOSTILE[case]

    with pytest.raises(PackageError) as refused:
        unpacked(data)

    assert entry in str(refused.value)
    assert reason in str(refused.value)


def test_the_corpus_is_large_enough() -> None:
    assert len(HOSTILE) >= 60


def test_a_plain_package_is_read_as_it_was_packed() -> None:
    folder = Part(f"{SLUG}/static/", b"", stat.S_IFDIR | 0o755, 0)
    later = replace(plain()[0], flags=8)
    stored = Part(f"{SLUG}/static/größe.css", b"p {}", method=0)
    data = packed([later, folder, stored])

    assert unpacked(data) == {
        f"{SLUG}/plugin.toml": MANIFEST.format(version="1.0.0").encode(),
        f"{SLUG}/static/größe.css": b"p {}",
    }


def test_no_flipped_byte_gives_other_contents_or_another_error() -> None:
    good = packed(plain(readme_dot_md="hello " * 30))
    wanted = unpacked(good)
    chance = random.Random(7)  # noqa: S311 - a test that fails must fail again
    for _ in range(1_500):
        bad = bytearray(good)
        bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
        try:
            found = unpacked(bytes(bad))
        except PackageError:
            continue
        assert set(found.values()) == set(wanted.values())
