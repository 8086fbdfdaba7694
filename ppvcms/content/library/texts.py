"""Pictures of the library within texts: ``![words](media:<id>)`` in Markdown.

A picture is named by its id, so that a text shows what the library has now. What
is not there, or not open to everybody, leaves its words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from markupsafe import Markup

from ppvcms.content.library import items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

    from ppvcms.content.library.items import LibraryPicture

NAMED = re.compile(r"media:([0-9A-Za-z]{26})")
SIZES = "(min-width: 48rem) 44rem, 100vw"
ATTRIBUTES = {"src", "srcset", "sizes", "alt", "width", "height", "loading", "decoding"}
_PICTURES = "pictures"


def init_pictures(markdown: MarkdownIt) -> None:
    """Let a reader of Markdown draw the library's pictures and lead to its documents."""
    markdown.add_render_rule("image", _image)
    markdown.add_render_rule("link_open", _link)


def pictures_in(text: str) -> dict[str, Any]:
    """Return what the rendering of a text needs to know of the library, in one query."""
    found = set(NAMED.findall(text))
    return {_PICTURES: items.pictures(found) if found else {}}


def picture_html(picture: LibraryPicture, alt: str = "", sizes: str = SIZES) -> Markup:
    """Return a picture as an `img` of several widths; `alt` says otherwise what it shows."""
    return Markup(
        '<img src="{}" srcset="{}" sizes="{}" alt="{}" width="{}" height="{}" loading="lazy"'
        ' decoding="async">'
    ).format(picture.src, picture.srcset, sizes, alt or picture.alt, picture.width, picture.height)


def _image(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    token = tokens[at]
    named = NAMED.fullmatch(str(token.attrs.get("src", "")))
    picture = env.get(_PICTURES, {}).get(named[1]) if named else None
    words = self.renderInlineAsText(token.children or [], options, env)
    return str(picture_html(picture, words) if picture else Markup("{}").format(words))


def _link(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    named = NAMED.fullmatch(str(tokens[at].attrs.get("href", "")))
    if named:
        tokens[at].attrs["href"] = f"/media/open/{named[1]}"
    return cast("str", self.renderToken(tokens, at, options, env))
