"""Whether a found plugin fits this installation: interface, Python, packages."""

from __future__ import annotations

import platform
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from ppvcms.hookspecs import API_VERSION
from ppvcms.host import blocklist, signing
from ppvcms.host.finder import is_copy

if TYPE_CHECKING:
    from ppvcms.host.finder import Found
    from ppvcms.host.manifest import Manifest


def unfit(found: Found[Manifest], signer: str = "") -> Found[Manifest]:
    """Return the plugin with what does not fit added to its problems.

    `signer` is the key with which it was signed when it was installed.
    """
    manifest = found.manifest
    if manifest is None:
        return found
    problems = [*_api(manifest), *_python(manifest), *_packages(manifest)]
    problems += untrusted(found, signer)
    return replace(found, problems=(*found.problems, *problems))


def untrusted(found: Found[Any], signer: str = "") -> list[str]:
    """Return why a plugin's or theme's files must not be used: blocked, or not as signed."""
    if found.manifest is None:
        return []
    problems = [blocklist.problem_of(found.slug, found.manifest.version)]
    if is_copy(found.path):
        problems.append(signing.problem_of(found.path, signer))
    return [problem for problem in problems if problem]


def _api(manifest: Manifest) -> list[str]:
    if API_VERSION in SpecifierSet(manifest.api):
        return []
    bounds = [Version(each.version.removesuffix(".*")) for each in SpecifierSet(manifest.api)]
    newer = min(bounds, default=Version("0")) > Version(API_VERSION)
    remedy = f"Update ppvcms, or get an older version of {manifest.name}."
    text = (
        f"It is written for version {manifest.api} of the plugin interface and this is "
        f"{API_VERSION}. "
    )
    return [text + (remedy if newer else f"Get a newer version of {manifest.name}.")]


def _python(manifest: Manifest) -> list[str]:
    running = platform.python_version()
    if not manifest.python or running in SpecifierSet(manifest.python):
        return []
    return [f"It needs Python {manifest.python} and this is {running}."]


def _packages(manifest: Manifest) -> list[str]:
    problems = []
    for line in manifest.packages:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            problems.append(f"packages = '{line}' is not right. Write it as in 'pip install'.")
            continue
        if not _installed(requirement):
            problems.append(f"It needs the package {line}. Install it: pip install '{line}'")
    return problems


def _installed(requirement: Requirement) -> bool:
    try:
        return requirement.specifier.contains(version(requirement.name), prereleases=True)
    except PackageNotFoundError:
        return False
