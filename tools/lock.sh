#!/usr/bin/env bash
# Write requirements.lock: the newest versions that setup.cfg admits, run and test alike.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=.venv/bin/python
[ -x "$python" ] || python=python3

"$python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check --editable '.[test]'
{
    echo "# The exact versions that ppvcms is tested with, made by 'make lock'."
    "$work/venv/bin/python" -m pip freeze --exclude-editable --disable-pip-version-check
} >"$work/requirements.lock"
mv "$work/requirements.lock" requirements.lock
