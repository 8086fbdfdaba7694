#!/usr/bin/env bash
# Install system packages on Debian, as root, without a question.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
wait_for_lock=(-o DPkg::Lock::Timeout=120)

echo "Installing from the system's packages: $*"
apt-get "${wait_for_lock[@]}" -qq update
apt-get "${wait_for_lock[@]}" -qq --yes install --no-install-recommends "$@" >/dev/null
