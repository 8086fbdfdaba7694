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
# OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Of a password that nobody knows: an unknown address takes as long as a known one.
_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$6pgqQGo61R1eHY6f+S1GyA"
    "$Ja/8Zw6aUEZieibLFB6yGqOE2lx8LMdXIgbLQAadVcY"
)
# The head of the usual lists, in the form that `name_key` gives.
_COMMON = frozenset(
    map(
        name_key,
        """
        12345678 123456789 1234567890 11111111 00000000 87654321 password password1 password12
        password123 passw0rd p4ssword qwertyui qwertyuiop qwerty123 qwerty12 1q2w3e4r 1q2w3e4r5t
        1qaz2wsx zaq12wsx asdfghjk asdfghjkl iloveyou sunshine princess football baseball superman
        batman123 trustno1 welcome1 welcome123 letmein1 letmein123 abcd1234 abc12345 a1b2c3d4
        computer internet whatever starwars jennifer michelle michael1 jordan23 charlie1 liverpool
        chelsea1 dragon123 monkey123 shadow123 master123 killer123 pokemon1 samsung1 google123
        admin123 administrator changeme changeme1 secret123 default1 test1234 testtest demo1234
        guest123 12341234 123123123 147258369 987654321 55555555 88888888 99999999 12121212
        q1w2e3r4 qazwsxedc aa123456 asdf1234 zxcvbnm1 zxcvbnm123 football1 baseball1 freedom1
        hello123 nothing1 mustang1 corvette mercedes maverick midnight blink182 butterfly
        elephant sweetheart lovelove loveyou1 1234qwer q1w2e3r4t5 passport pa55word
        """.split(),
    )
)


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
    return off_hub(_hasher.hash, password)


def verify_password(known: str | None, password: str) -> bool:
    """Whether a password belongs to a hash; with None it takes as long, and does not."""
    if len(password) > LONGEST:
        return False
    return off_hub(_matches, known or _NOBODY, password) and known is not None


def is_outdated(known: str) -> bool:
    """Whether a hash was made at another cost than today's."""
    return _hasher.check_needs_rehash(known)


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
        return _hasher.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


def _no(reason: str) -> Refusal:
    return Refusal("password", reason, _("Choose another one, such as three or four words."))
