#!/usr/bin/env bash
# Make .venv with Python 3.11 or newer, unless it is there and whole.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if .venv/bin/python -m pip --version >/dev/null 2>&1; then
    exit 0
fi

die() {
    echo "make: $*" >&2
    exit 2
}

find_python() {
    local name
    for name in python3.11 python3; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

python=$(find_python) || die "Python 3.11 or newer is needed and was not found on the PATH."

# Debian ships venv without ensurepip until python3-venv is installed.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        die "$python cannot make virtual environments. On Debian: apt-get install python3-venv"
    fi
    tools/apt_install.sh python3-venv
fi

rm -rf .venv
"$python" -m venv .venv
