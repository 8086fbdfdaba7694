"""Packages on their way in: received, hashed, judged without running, kept until confirmed.

Nothing leaves ``instance/staging/<id>`` before the second confirmation, and
what is refused leaves nothing at all.
"""

from __future__ import annotations

import ast
import hashlib
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from packaging.version import Version

from ppvcms.host import archive, blocklist, signing
from ppvcms.host.archive import MOST_BYTES, MOST_FILES, PackageError
from ppvcms.host.finder import CURRENT, Found, copies_of, tree_digest
from ppvcms.host.fitness import unfit
from ppvcms.host.manifest import Manifest, ThemeManifest, read_plugin, read_theme
from ppvcms.host.signing import SignatureError
from ppvcms.host.theme_fit import DATA_FILES
from ppvcms.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

PLUGIN, THEME = "plugin", "theme"
KEPT_COPIES = 2
"""How many old copies stay for going back."""
MOST_STAGED = 20
_FILE, _TREE, _TRIED = "package.zip", "tree", "tried"
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was judged and waits in its own folder of ``instance/staging``."""

    id: str
    kind: str
    manifest: Manifest | ThemeManifest
    tree: Path
    sha256: str
    files: int
    size: int
    signer: str
    """The key that it is signed with, or an empty text."""

    @property
    def slug(self) -> str:
        """The slug that its manifest names."""
        return self.manifest.slug

    def is_older_than(self, version: str) -> bool:
        """Whether what is installed is newer."""
        return Version(self.manifest.version) < Version(version)


def receive(instance: Path, stream: BinaryIO) -> str:
    """Take a package in and return the id under which it waits.

    Raises:
        PackageError: It is larger than a package may be.
    """
    home = _new_home(instance)
    taken = 0
    with (home / _FILE).open("wb") as file:
        while chunk := stream.read(_CHUNK):
            taken += len(chunk)
            if taken > MOST_BYTES:
                discard(instance, home.name)
                raise PackageError(f"The file is larger than {MOST_BYTES // (1024 * 1024)} MB.")
            file.write(chunk)
    return home.name


def receive_folder(instance: Path, folder: Path) -> str:
    """Pack a folder of this machine and take that in; hidden files and caches stay out.

    Raises:
        PackageError: A link or a device lies in it, or too much.
    """
    home = _new_home(instance)
    try:
        with zipfile.ZipFile(home / _FILE, "w", zipfile.ZIP_DEFLATED) as file:
            for path in plain_files(folder):
                name = Path(folder.name) / path.relative_to(folder)
                file.writestr(zipfile.ZipInfo(name.as_posix()), path.read_bytes())
    except PackageError:
        discard(instance, home.name)
        raise
    return home.name


def judge(instance: Path, package_id: str, kind: str) -> Package:
    """Look into a package that waits, unpack it beside itself and read it, running nothing.

    Raises:
        PackageError: What is wrong with it; the package is gone then.
    """
    home = home_of(instance, package_id)
    try:
        return _judged(home, kind)
    except PackageError:
        discard(instance, package_id)
        raise


def home_of(instance: Path, package_id: str) -> Path:
    """Return the folder in which a package waits.

    Raises:
        PackageError: There is none, such as after a restart of the installation.
    """
    home = instance / "staging" / package_id
    if not package_id.isalnum() or not home.is_dir():
        raise PackageError("This package does not wait any more. Upload it again.")
    return home


def discard(instance: Path, package_id: str) -> None:
    """Forget a package; nothing of it stays."""
    if package_id.isalnum():
        shutil.rmtree(instance / "staging" / package_id, ignore_errors=True)


def place(package: Package, home: Path) -> str:
    """Move a judged package to its place below `home`, the slug's folder; return its digest.

    Safe to repeat: the name of the place is the digest of what lies there.
    """
    digest = tree_digest(package.tree)
    target = home / digest
    home.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and tree_digest(target) != digest:
        shutil.rmtree(target)
    if not target.is_dir():
        package.tree.rename(target)
    return digest


def was_tried(package: Package) -> bool:
    """Whether these very bytes were imported in a process of their own and did well."""
    mark = package.tree.parent / _TRIED
    return mark.is_file() and mark.read_text() == package.sha256


def note_tried(package: Package) -> None:
    """Remember that a package did well, for a job that is killed and done again."""
    (package.tree.parent / _TRIED).write_text(package.sha256)


def keep_only(home: Path, digests: Sequence[str]) -> None:
    """Remove the copies of a slug that nobody can go back to any more."""
    for copy in copies_of(home):
        if copy.name not in digests:
            shutil.rmtree(copy, ignore_errors=True)


def point(home: Path, digest: str) -> None:
    """Say in one step which copy of a theme counts, and remember the ones before."""
    before = [each for each in pointed(home) if each != digest]
    path = home / CURRENT
    fresh = path.with_suffix(".new")
    # The finder reads the first line; the others are for going back.
    fresh.write_text("\n".join([digest, *before[:KEPT_COPIES]]))
    fresh.replace(path)
    keep_only(home, pointed(home))


def pointed(home: Path) -> list[str]:
    """Return the digests of a theme's copies, the one that counts first."""
    path = home / CURRENT
    return path.read_text().split() if path.is_file() else []


def _new_home(instance: Path) -> Path:
    staging = instance / "staging"
    staging.mkdir(parents=True, exist_ok=True, mode=0o700)
    waiting = sorted(path for path in staging.iterdir() if path.is_dir())
    for old in waiting[: max(0, len(waiting) + 1 - MOST_STAGED)]:
        shutil.rmtree(old, ignore_errors=True)
    home = staging / new_id()
    home.mkdir(mode=0o700)
    return home


def plain_files(folder: Path) -> list[Path]:
    """Return what of a folder goes into its package: no hidden files, no caches.

    Raises:
        PackageError: A link or a device lies in it, or too much.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if any(part.startswith(".") or part == "__pycache__" for part in parts):
            continue
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise PackageError(f"'{path}' is a link or a device, which a package may not hold.")
        if path.is_file():
            found.append(path)
    if len(found) > MOST_FILES or sum(path.stat().st_size for path in found) > MOST_BYTES:
        raise PackageError(f"'{folder}' holds more than a package may.")
    return found


def _judged(home: Path, kind: str) -> Package:
    data = (home / _FILE).read_bytes()
    entries = archive.look(data)
    tops = {entry.name.partition("/")[0] for entry in entries}
    if len(tops) != 1 or any("/" not in entry.name for entry in entries):
        raise PackageError("It must hold exactly one folder, named by the slug, and nothing else.")
    slug = tops.pop()
    tree = home / _TREE
    shutil.rmtree(tree, ignore_errors=True)
    files = [entry for entry in entries if not entry.is_folder]
    for entry in files:
        path = tree / entry.name.partition("/")[2]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(archive.read(data, entry))
    manifest = _manifest(tree, slug, kind)
    if blocked := blocklist.problem_of(slug, manifest.version):
        raise PackageError(blocked)
    size = sum(entry.size for entry in files)
    sha256 = hashlib.sha256(data).hexdigest()
    return Package(home.name, kind, manifest, tree, sha256, len(files), size, _signer(tree))


def _signer(tree: Path) -> str:
    try:
        return signing.signer_of(tree)
    except SignatureError as error:
        raise PackageError(str(error)) from error


def _manifest(tree: Path, slug: str, kind: str) -> Manifest | ThemeManifest:
    name = f"{kind}.toml"
    if not (tree / name).is_file():
        raise PackageError(f"'{slug}/{name}' is missing, so this is no {kind}.")
    answer = read_plugin(tree / name, slug) if kind == PLUGIN else read_theme(tree / name, slug)
    if isinstance(answer, list):
        raise PackageError(" ".join(answer))
    if isinstance(answer, Manifest):
        _require_code(tree, answer)
    elif answer.kind == "data":
        _require_data(tree, slug)
    return answer


def _require_code(tree: Path, manifest: Manifest) -> None:
    if problems := unfit(Found(manifest.slug, tree, bundled=False, manifest=manifest)).problems:
        raise PackageError(" ".join(problems))
    if not (tree / f"{manifest.entry}.py").is_file():
        raise PackageError(f"'{manifest.slug}/{manifest.entry}.py' with its hooks is missing.")
    for path in sorted(tree.rglob("*.py")):
        shown = f"{manifest.slug}/{path.relative_to(tree).as_posix()}"
        try:
            ast.parse(path.read_bytes())
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise PackageError(f"'{shown}' is not Python: {error}.") from error


def _require_data(tree: Path, slug: str) -> None:
    for path in sorted(tree.rglob("*")):
        if path.is_file() and path.suffix.lower() not in DATA_FILES:
            shown = f"{slug}/{path.relative_to(tree).as_posix()}"
            raise PackageError(f"'{shown}' may not be in a theme that is data alone.")
