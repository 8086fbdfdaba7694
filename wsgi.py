"""The application for a WSGI server: ``wsgi:app``, single worker, able to carry WebSockets."""

from __future__ import annotations

from ppvcms.config import load_config
from ppvcms.patching import patch

patch(load_config().async_mode)

from ppvcms import create_app

app = create_app()
