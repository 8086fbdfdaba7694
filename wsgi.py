"""The application for other WSGI servers than ours: ``wsgi:app``, pages and sockets only.

One worker a process, able to carry WebSockets. Media events, the meter, the jobs
and the media engine are run by ``ppvcms run`` (docs/operators.md).
"""

from __future__ import annotations

from ppvcms.config import load_config
from ppvcms.patching import patch

patch(load_config().async_mode)

from ppvcms import create_app

app = create_app()
