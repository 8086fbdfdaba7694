"""Write docs/hooks.md: each hook with its signature, kind, budget, moment, and an example.

The examples are what bundled plugins do, so they run. ``python tools/hook_pages.py`` after
a hook was added; a test says so when it was forgotten.
"""

from __future__ import annotations

import ast
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ppvcms.hookspecs import RULES  # noqa: E402 - the path comes first

PAGE = ROOT / "docs" / "hooks.md"
SPECS = ROOT / "ppvcms" / "hookspecs.py"
LONGEST = 24
HEAD = """# Hooks

Every hook with its exact signature, its kind, its budget, when it is called, and what a \
bundled plugin does in it. Take the arguments that you need and leave the others away. \
Kinds, faults and order are explained in [plugins.md](plugins.md); what the values are is \
in the docstrings of `ppvcms.api`.

This page is written by `python tools/hook_pages.py`.
"""
REGISTERED = "Once in each process for each change of the active set, of registrations or of code."
WHEN = {
    "plugin_installed": "After the plugin's migrations, in the transaction that remembers it.",
    "plugin_activated": "In the transaction that switches it on, before any process runs it.",
    "plugin_uninstalled": "In the transaction that takes it out of use or purges it.",
    "plugin_upgraded": "After the migrations of an upgrade, in the transaction that finishes it.",
    "check_deactivation": "When somebody is about to switch it off, on the page that asks.",
    "plugin_deactivated": "When it is off, after the transaction.",
    "plugin_problems": "When the plugins page, the plugin's own page or the health page is drawn.",
    "demo_content": "Once, when `ppvcms init --demo` or the setup page fills a new site.",
    "template_slot": "Each time a page is drawn that has the place, once for each place.",
    "room_state": "When somebody opens a room's page, and when a page asks for the state anew.",
    "card_facts": "Once for each list of rooms that is drawn.",
    "client_badges": "Once for each queue or chat line whose people are shown.",
    "pack_bonus": "When the packs of credits are shown to somebody, and when one is bought.",
    "filter_message": "For each chat line that no `check_message` refused, before it is posted.",
    "select_gateway": "When somebody pays and several gateways could take it.",
    "check_permission": "For each act that roles would allow, in views and in sockets.",
    "check_room_entry": "When somebody enters a room or asks for a show, before the transaction.",
    "limit_watching": "When somebody watches a free show, and while they go on.",
    "covers_minutes": "When the terms of a public show are shown to somebody, and when they enter.",
    "check_performer": "Before somebody goes live, checks in to another's show, or sells.",
    "check_price": "Before a performer's own price is saved.",
    "unlisted_performers": "Once for each list of rooms that is read.",
    "person_alerts": "Once for each list of people that their studio or the back office shows.",
    "sitemap_entries": "When a search engine takes the sitemap.",
    "check_message": "For each chat line, before it is filtered and posted.",
    "check_purchase": "Before a payment or a spending begins; nothing was taken yet.",
    "check_file": "At each request for the bytes of a file that the plugin keeps.",
    "on_event": "Once for each fact, after its commit and from the outbox; again after a fault.",
}
OWN_EXAMPLES = {
    "plugin_installed": '''
        def plugin_installed(ctx: LifecycleContext) -> None:
            """Begin with one greeting."""
            from .models import Greeting

            ctx.session.add(Greeting(text="Hello"))
        ''',
    "plugin_activated": '''
        def plugin_activated(ctx: LifecycleContext) -> None:
            """Stay off while the key is missing."""
            if not settings(ctx.slug).key:
                raise PluginError(ctx.slug, "set the key on its settings page first.")
        ''',
    "plugin_upgraded": '''
        def plugin_upgraded(ctx: LifecycleContext, from_version: str) -> None:
            """Forget what an older version kept in another form."""
            if from_version.startswith("1."):
                ctx.session.execute(delete(Kept))
        ''',
    "plugin_uninstalled": '''
        def plugin_uninstalled(ctx: LifecycleContext, delete_data: bool) -> None:
            """Take back what lies outside of our tables."""
            if delete_data:
                shutil.rmtree(private_folder("applause"), ignore_errors=True)
        ''',
    "plugin_deactivated": '''
        def plugin_deactivated(ctx: LifecycleContext) -> None:
            """Write down who switched it off."""
            log.info("applause_is_off", actor=ctx.actor_id)
        ''',
    "register_jinja": '''
        def register_jinja() -> dict[str, Callable[..., object]]:
            """Let templates ask how often somebody was applauded."""
            from .services import applause_of

            return {"applause_of": applause_of}
        ''',
    "select_gateway": '''
        def select_gateway(gateways: Sequence[Gateway], currency: str) -> Gateway | None:
            """Take euros where that is cheap."""
            by_key = {gateway.key: gateway for gateway in gateways}
            return by_key.get("sepa") if currency == "EUR" else None
        ''',
    "check_permission": '''
        def check_permission(actor: Actor, permission: str) -> Refusal | None:
            """Let nobody refund at night."""
            if permission == "payments.refund" and is_night():
                return Refusal("night", "Refunds wait until the morning.", "Nothing was paid back.")
            return None
        ''',
    "filter_message": '''
        def filter_message(message: str) -> str:
            """Write three points as one sign."""
            return message.replace("...", "…")
        ''',
}


def text() -> str:
    """Return the whole page."""
    parts, group = [HEAD], ""
    source = SPECS.read_text(encoding="utf-8")
    heads = _groups(source)
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name in RULES:
            above = [title for line, title in heads if line < node.lineno]
            if above[-1] != group:
                group = above[-1]
                parts.append(f"## {group}\n")
            parts.append(_section(node))
    return "\n".join(parts)


def signature(node: ast.FunctionDef) -> str:
    """Return a hook's signature as it stands in the code."""
    assert node.returns is not None  # noqa: S101 - every hook says what it returns
    return f"{node.name}({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}"


def _groups(source: str) -> list[tuple[int, str]]:
    found = []
    for number, line in enumerate(source.splitlines(), 1):
        if line.startswith("# --- "):
            found.append((number, line.strip("# -").split(":")[0].strip()))
    return found


def _section(node: ast.FunctionDef) -> str:
    rule = RULES[node.name]
    kind = f"{rule.kind.value}, first answer" if rule.first else rule.kind.value
    when = WHEN.get(node.name) or (REGISTERED if node.name.startswith("register_") else "")
    whose, example = _example(node.name)
    return (
        f"### `{node.name}`\n\n```python\n{signature(node)}\n```\n\n"
        f"{kind} · {rule.budget_ms} ms\n\n{ast.get_docstring(node)}\n\n"
        f"**When:** {when}\n\n{whose}\n\n```python\n@hookimpl\n{example}\n```\n"
    )


def _example(hook: str) -> tuple[str, str]:
    """Return whose example it is, and the code: the shortest one that a bundled plugin has."""
    found = []
    for path in sorted((ROOT / "plugins").glob("*/plugin.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and node.name == hook:
                code = ast.get_source_segment(source, node) or ""
                lines = code.count("\n") + 1
                if lines <= LONGEST:
                    found.append((-min(lines, 12), lines, path.parent.name, code))
    if found:
        _short, _lines, slug, code = min(found)
        return f"In `plugins/{slug}`:", code
    return "For example:", textwrap.dedent(OWN_EXAMPLES[hook]).strip()


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
