"""``python -m ppvcms`` is the ``ppvcms`` command."""

from __future__ import annotations

from ppvcms.cli import main

if __name__ == "__main__":
    main()
