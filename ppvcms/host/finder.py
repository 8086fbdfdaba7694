"""Finding plugins and themes in folders and packages, and the import name ``plugins.<slug>``."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from ppvcms.config import ROOT
from ppvcms.host.manifest import Manifest, ThemeManifest, read_plugin, read_theme, slug_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import ModuleType

M = TypeVar("M", Manifest, ThemeManifest)


@dataclass(frozen=True, slots=True)
class Found(Generic[M]):
    """A folder that claims to be a plugin or a theme."""

    slug: str
    path: Path
    bundled: bool
    manifest: M | None
    problems: tuple[str, ...] = ()


def find_plugins(folders: Iterable[Path]) -> dict[str, Found[Manifest]]:
    """Return every plugin by slug, good or not; the first folder that has it wins."""
    return _find(folders, "plugin.toml", "ppvcms.plugins", read_plugin)


def find_themes(folders: Iterable[Path]) -> dict[str, Found[ThemeManifest]]:
    """Return every theme by slug, good or not."""
    return _find(folders, "theme.toml", "ppvcms.themes", read_theme)


def _find(
    folders: Iterable[Path], name: str, group: str, read: Callable[[Path], M | list[str]]
) -> dict[str, Found[M]]:
    found: dict[str, Found[M]] = {}
    for path in (*_folders(folders), *_packages(group)):
        if path.name not in found:
            found[path.name] = _found(path, name, read)
    return dict(sorted(found.items()))


def _folders(folders: Iterable[Path]) -> list[Path]:
    return [
        path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if path.is_dir() and not path.name.startswith((".", "__"))
    ]


def _packages(group: str) -> list[Path]:
    paths = []
    for entry in entry_points(group=group):
        # The files of the distribution are looked at; nothing of it is imported.
        folder = Path(str(entry.dist.locate_file(entry.module))) if entry.dist else None
        if folder is not None and folder.is_dir():
            paths.append(folder)
    return sorted(paths)


def _found(path: Path, name: str, read: Callable[[Path], M | list[str]]) -> Found[M]:
    bundled = path.is_relative_to(ROOT)
    manifest = read(path / name)
    if not isinstance(manifest, list):
        return Found(path.name, path, bundled, manifest)
    problems: list[str] = manifest
    if wrong := slug_problem(path.name):
        problems = [f"The folder's name '{path.name}' must be {wrong}.", *problems]
    return Found(path.name, path, bundled, None, tuple(problems))


class PluginImporter(MetaPathFinder):
    """Maps ``plugins.<slug>`` to the folder of that plugin, wherever it lies."""

    def __init__(self) -> None:
        self.folders: dict[str, Path] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a plugin's package is; everything else is not ours."""
        del path, target
        if fullname == "plugins":
            return _namespace(fullname, [str(ROOT / "plugins")])
        parent, _, slug = fullname.partition(".")
        if parent != "plugins" or slug not in self.folders:
            return None
        folder = self.folders[slug]
        start = folder / "__init__.py"
        if not start.exists():
            return _namespace(fullname, [str(folder)])
        return importlib.util.spec_from_file_location(
            fullname, start, submodule_search_locations=[str(folder)]
        )


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


def digest_of(folder: Path) -> str:
    """Return a short digest of all files below a folder, for addresses kept for ever."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            total.update(path.relative_to(folder).as_posix().encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]
