"""A plugin on which a show runs is not switched off without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.host import lifecycle
from tests.live import site_at

if TYPE_CHECKING:
    from pathlib import Path


def test_a_live_show_speaks_against_its_kind_and_its_video(tmp_path: Path) -> None:
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path) as site:
        mara = site.person("Mara", "performer")
        room = site.room(mara)
        plugins = ("mode_free", "media_memory", "mode_private")
        assert [lifecycle.reasons_against(slug, actor_id=None) for slug in plugins] == [[], [], []]

        site.go_live(room, mara)

        free, video, private = (lifecycle.reasons_against(slug, actor_id=None) for slug in plugins)
        assert free == video == ["1 show runs on it at this moment. Who is in it loses it."]
        assert private == []
        refusal = lifecycle.deactivate("mode_free", actor_id=None)
        assert refusal is not None
        assert refusal.code == "reasons"
