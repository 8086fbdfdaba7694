"""Who made a package, and that it was not changed: Ed25519 over its files' names and SHA-256.

`signature.toml` lies beside the manifest. It says nothing about whether the code is good.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ppvcms.errors import PpvcmsError

if TYPE_CHECKING:
    from collections.abc import Iterable

SIGNATURE = "signature.toml"
UNFIT = "Its signature does not fit its files: one was changed, added or removed after signing."
_FORM = '# Made by: ppvcms plugins sign\nkey = "{key}"\nsignature = "{signature}"\n'


class SignatureError(PpvcmsError):
    """What is wrong with a key or a signature."""


def new_key(file: Path) -> str:
    """Make a key, write its secret half to a new file that only its owner reads; return the other.

    Raises:
        SignatureError: There is a file already.
    """
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        file.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        raise SignatureError(f"{file} cannot be made: {error.strerror}.") from error
    file.write_bytes(pem)
    return _text(private.public_key().public_bytes_raw())


def sign(folder: Path, file: Path, names: Iterable[Path]) -> str:
    """Write the signature of a folder's files with the key in `file`; return the public half.

    Raises:
        SignatureError: The file holds no such key.
    """
    try:
        private = load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise SignatureError(f"{file} holds no key that can be read: {error}") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise SignatureError(f"{file} holds a key of another kind. Make one: plugins keygen")
    key = _text(private.public_key().public_bytes_raw())
    signature = _text(private.sign(_message(folder, names)))
    (folder / SIGNATURE).write_text(_FORM.format(key=key, signature=signature))
    return key


def signer_of(folder: Path) -> str:
    """Return the key that a folder is signed with, or an empty text when it is not signed.

    Raises:
        SignatureError: Its signature does not fit.
    """
    path = folder / SIGNATURE
    if not path.is_file():
        return ""
    try:
        said = tomllib.loads(path.read_text())
        key, signature = str(said["key"]), base64.b64decode(said["signature"], validate=True)
        public = Ed25519PublicKey.from_public_bytes(raw_key(key))
        files = (each for each in folder.rglob("*") if each.is_file())
        public.verify(signature, _message(folder, files))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, binascii.Error, KeyError) as error:
        raise SignatureError(f"{SIGNATURE} cannot be read.") from error
    except (InvalidSignature, TypeError, ValueError) as error:
        raise SignatureError(UNFIT) from error
    return key


def problem_of(copy: Path, signer: str) -> str:
    """Return why an uploaded copy is not what `signer` signed, if anybody; the files are checked.

    The name of the copy is the digest of its files, so that one answer holds for it.
    """
    try:
        found = _signer_of_copy(str(copy))
    except SignatureError as error:
        return str(error)
    return UNFIT if signer and found != signer else ""


def raw_key(text: str) -> bytes:
    """Return the 32 bytes of a public key.

    Raises:
        SignatureError: The text is no such key.
    """
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureError("This is not a public key, which has 44 characters.") from error
    if len(raw) != 32:  # noqa: PLR2004 - the size of every Ed25519 key
        raise SignatureError("This is not a public key, which has 44 characters.")
    return raw


def fingerprint(key: str) -> str:
    """Return what two people can compare by telephone: a digest in groups of four."""
    digest = hashlib.sha256(raw_key(key)).hexdigest()[:32]
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def _message(folder: Path, files: Iterable[Path]) -> bytes:
    lines = sorted(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in files
        if path != folder / SIGNATURE
    )
    return f"ppvcms package\n{''.join(lines)}".encode()


@functools.lru_cache(maxsize=256)
def _signer_of_copy(folder: str) -> str:
    return signer_of(Path(folder))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
