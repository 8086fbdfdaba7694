#!/usr/bin/env bash
# See that browser tests have a Chromium, and install it where we may.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for name in "${PPVCMS_CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name" >/dev/null; then
        exit 0
    fi
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    exec tools/apt_install.sh chromium fonts-dejavu-core
fi

echo "No Chromium found. Install it, or set PPVCMS_CHROMIUM to its path." >&2
if [ "${CI:-}" = true ]; then
    exit 1
fi
echo "Browser tests will be skipped." >&2
