"""What the pages of studios have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import flash

from ppvcms.api import PluginBlueprint, current_actor

if TYPE_CHECKING:
    from flask_wtf import FlaskForm

    from ppvcms.api import Refusal

blueprint = PluginBlueprint("studios", __name__, url_prefix="/studio")
MANAGE = "studio.manage"


def me() -> str:
    """Return the id of who asks."""
    return str(current_actor().user_id)


def tell(refusal: Refusal | None, done: str) -> None:
    """Show what came of an act above the next page."""
    flash(str(refusal) if refusal else done, "danger" if refusal else "success")


def show_refusal(form: FlaskForm, refusal: Refusal) -> None:
    """Put a refusal beside the field its code names, else beside the first one."""
    fields = {field.short_name: field for field in form if field.type != "CSRFTokenField"}
    field = fields.get(refusal.code) or next(iter(fields.values()))
    field.errors = [*field.errors, str(refusal)]


def day_text(at: int) -> str:
    """Write the day of a moment (UTC)."""
    return datetime.fromtimestamp(at / 1000, tz=UTC).strftime("%Y-%m-%d")


def time_text(at: int) -> str:
    """Write a moment (UTC) for tables."""
    return datetime.fromtimestamp(at / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
