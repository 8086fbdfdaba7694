"""Passwords: which are good enough, and their Argon2id hashes, computed off the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app
from flask_babel import gettext as _

from ppvcms.accounts.names import name_key
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ParamSpec, TypeVar

    P = ParamSpec("P")
    R = TypeVar("R")

SHORTEST = 8
LONGEST = 256
RUNNER = "ppvcms_off_hub"
STRONG = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP's first choice for Argon2id: 19 MiB, two passes, one lane."""
hasher = STRONG
# Of a password that nobody knows: an unknown address takes as long as a known one.
_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$6pgqQGo61R1eHY6f+S1GyA"
    "$Ja/8Zw6aUEZieibLFB6yGqOE2lx8LMdXIgbLQAadVcY"
)
# The head of the usual lists, in the form that `name_key` gives.
_COMMON_WORDS = """
00000000 11111111 12121212 12341234 12345678 1234qwer 1q2w3e4r 1qaz2wsx 55555555 87654321
88888888 99999999 a1b2c3d4 aa123456 abc12345 abcd1234 admin123 asdf1234 asdfghjk baseball
blink182 changeme charlie1 chelsea1 computer corvette default1 demo1234 elephant football
freedom1 guest123 hello123 iloveyou internet jennifer jordan23 letmein1 lovelove loveyou1
maverick mercedes michael1 michelle midnight mustang1 nothing1 p4ssword pa55word passport
passw0rd password pokemon1 princess q1w2e3r4 qwerty12 qwertyui samsung1 starwars sunshine
superman test1234 testtest trustno1 welcome1 whatever zaq12wsx zxcvbnm1 123123123 123456789
147258369 987654321 asdfghjkl baseball1 batman123 butterfly changeme1 dragon123 football1
google123 killer123 liverpool master123 monkey123 password1 qazwsxedc qwerty123 secret123
shadow123 1234567890 1q2w3e4r5t letmein123 password12 q1w2e3r4t5 qwertyuiop sweetheart
welcome123 zxcvbnm123 password123 administrator
"""
_COMMON = frozenset(map(name_key, _COMMON_WORDS.split()))


def off_hub(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run slow work that waits for nobody, where it does not stop everybody else.

    The server puts a way to a native thread into ``app.extensions``; a process
    that runs on native threads already needs none.
    """
    runner = current_app.extensions.get(RUNNER)
    if runner is None:
        return function(*args, **kwargs)
    answer: R = runner(function, *args, **kwargs)
    return answer


def hash_password(password: str) -> str:
    """Return the hash to keep; not inside a transaction, it takes tens of milliseconds."""
    return off_hub(hasher.hash, password)


def verify_password(known: str | None, password: str) -> bool:
    """Whether a password belongs to a hash; with None it takes as long, and does not."""
    if len(password) > LONGEST:
        return False
    return off_hub(_matches, known or _NOBODY, password) and known is not None


def is_outdated(known: str) -> bool:
    """Whether a hash was made at another cost than today's."""
    return hasher.check_needs_rehash(known)


def refusal_of_password(password: str, *, words: tuple[str, ...] = ()) -> Refusal | None:
    """Return why a password is not good enough, or None.

    `words` are those that a guesser tries first here: the site's, the person's.
    """
    if len(password) < SHORTEST:
        return _no(_("A password has at least %(least)d characters.", least=SHORTEST))
    if len(password) > LONGEST:
        return _no(_("A password has at most %(most)d characters.", most=LONGEST))
    key = name_key(password)
    near = {name_key(word) for word in words} - {""}
    if key in _COMMON or key in near or len(set(password)) == 1:
        return _no(_("This password is among the first that a guesser would try."))
    return None


def _matches(known: str, password: str) -> bool:
    try:
        return hasher.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


def _no(reason: str) -> Refusal:
    return Refusal("password", reason, _("Choose another one, such as three or four words."))
