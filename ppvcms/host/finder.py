"""Finding plugins and themes in folders and packages, and the import name ``plugins.<slug>``."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib.abc import MetaPathFinder
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from ppvcms.config import ROOT
from ppvcms.host.manifest import Manifest, ThemeManifest, read_plugin, read_theme, slug_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from types import ModuleType

    from _typeshed import ReadableBuffer

M = TypeVar("M", Manifest, ThemeManifest)
DIGEST = re.compile(r"[0-9a-f]{64}")
CURRENT = "current"
CHANGED = (
    "Its files were changed after it was installed, so none of them is used. "
    "Install it again, go back to the version before, or uninstall it."
)


@dataclass(frozen=True, slots=True)
class Found(Generic[M]):
    """A folder that claims to be a plugin or a theme."""

    slug: str
    path: Path
    bundled: bool
    manifest: M | None
    problems: tuple[str, ...] = ()


def find_plugins(
    folders: Iterable[Path], chosen: Mapping[str, str] | None = None
) -> dict[str, Found[Manifest]]:
    """Return every plugin by slug, good or not; the first folder that has it wins.

    `chosen` says by slug which of the uploaded copies counts, by its digest.
    """
    return _find(folders, chosen or {}, "plugin.toml", "ppvcms.plugins", read_plugin)


def find_themes(folders: Iterable[Path]) -> dict[str, Found[ThemeManifest]]:
    """Return every theme by slug, good or not; the file ``current`` names the copy that counts."""
    folders = tuple(folders)
    chosen = {
        path.parent.name: path.read_text().partition("\n")[0].strip()
        for folder in folders
        for path in folder.glob(f"*/{CURRENT}")
    }
    return _find(folders, chosen, "theme.toml", "ppvcms.themes", read_theme)


def copies_of(home: Path) -> list[Path]:
    """Return the uploaded copies in a slug's folder, each of which is named by its digest."""
    if not home.is_dir():
        return []
    return sorted(path for path in home.iterdir() if DIGEST.fullmatch(path.name) and path.is_dir())


def _find(
    folders: Iterable[Path],
    chosen: Mapping[str, str],
    name: str,
    group: str,
    read: Callable[[Path, str], M | list[str]],
) -> dict[str, Found[M]]:
    found: dict[str, Found[M]] = {}
    for slug, path in (*_folders(folders, chosen), *_packages(group)):
        if slug not in found:
            found[slug] = _found(slug, path, name, read)
    return dict(sorted(found.items()))


def _folders(folders: Iterable[Path], chosen: Mapping[str, str]) -> list[tuple[str, Path]]:
    return [
        (path.name, copy)
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if path.is_dir() and not path.name.startswith((".", "__"))
        if (copy := _copy(path, chosen.get(path.name, ""))) is not None
    ]


def _copy(home: Path, digest: str) -> Path | None:
    """Return the folder that counts: the chosen copy of an uploaded one, else itself."""
    if not copies_of(home):
        return home
    wanted = home / digest
    return wanted if digest and wanted.is_dir() else None


def _packages(group: str) -> list[tuple[str, Path]]:
    # What pip adds or takes away changes the folder that it stands in.
    places = [Path(each) for each in sys.path]
    return _packages_in(group, tuple((each, _changed(each)) for each in places))


def _changed(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=8)
def _packages_in(group: str, places: Hashable) -> list[tuple[str, Path]]:
    del places  # the answer rests on them
    paths = []
    for entry in entry_points(group=group):
        # The files of the distribution are looked at; nothing of it is imported.
        folder = Path(str(entry.dist.locate_file(entry.module))) if entry.dist else None
        if folder is not None and folder.is_dir():
            paths.append((folder.name, folder))
    return sorted(paths)


def _found(
    slug: str, path: Path, name: str, read: Callable[[Path, str], M | list[str]]
) -> Found[M]:
    bundled = path.parent in {ROOT / "plugins", ROOT / "themes"}
    if is_copy(path) and tree_digest(path) != path.name:
        return Found(slug, path, bundled, None, (CHANGED,))
    manifest = read(path / name, slug)
    if not isinstance(manifest, list):
        return Found(slug, path, bundled, manifest)
    problems: list[str] = manifest
    if wrong := slug_problem(slug):
        problems = [f"The folder's name '{slug}' must be {wrong}.", *problems]
    return Found(slug, path, bundled, None, tuple(problems))


def is_copy(path: Path) -> bool:
    """Whether a folder is an uploaded copy, whose name is the digest of its files."""
    return DIGEST.fullmatch(path.name) is not None


class SourceOnly(SourceFileLoader):
    """Loads uploaded code from its source alone: what is cached beside it was never checked."""

    def get_data(self, path: str) -> bytes:
        """Return the bytes of a source file; there is no other."""
        if not path.endswith(".py"):
            raise OSError(path)
        return super().get_data(path)

    def set_data(self, path: str, data: ReadableBuffer, *, _mode: int = 0o666) -> None:
        """Write nothing, so that the files stay those of the digest."""


class PluginImporter(MetaPathFinder):
    """Maps ``plugins.<slug>`` to the folder of that plugin, wherever it lies."""

    def __init__(self) -> None:
        self.folders: dict[str, Path] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a plugin's code is; everything else is not ours."""
        del target
        if fullname == "plugins":
            return _namespace(fullname, [str(ROOT / "plugins")])
        parent, _, rest = fullname.partition(".")
        slug, _, below = rest.partition(".")
        if parent != "plugins" or slug not in self.folders:
            return None
        folder = self.folders[slug]
        if below:
            return _checked(fullname, path or ()) if is_copy(folder) else None
        start = folder / "__init__.py"
        if not start.exists():
            return _namespace(fullname, [str(folder)])
        loader = SourceOnly(fullname, str(start)) if is_copy(folder) else None
        return importlib.util.spec_from_file_location(
            fullname, start, loader=loader, submodule_search_locations=[str(folder)]
        )


def _checked(name: str, folders: Sequence[str]) -> ModuleSpec | None:
    for folder in folders:
        found = FileFinder(folder, (SourceOnly, [".py"])).find_spec(name)
        if found is not None:
            return found
    return None


def _namespace(name: str, folders: list[str]) -> ModuleSpec:
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = folders
    return spec


def install_importer(folders: dict[str, Path]) -> None:
    """Make the plugins in these folders importable in this process."""
    importer = next((each for each in sys.meta_path if isinstance(each, PluginImporter)), None)
    if importer is None:
        importer = PluginImporter()
        sys.meta_path.insert(0, importer)
    importer.folders.update(folders)


def tree_digest(folder: Path) -> str:
    """Return the SHA-256 of all files below a folder and of their names, in hex."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            total.update(path.relative_to(folder).as_posix().encode() + b"\0")
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def digest_of(folder: Path) -> str:
    """Return a short digest of all files below a folder, for addresses kept for ever."""
    return tree_digest(folder)[:16]
