#!/bin/sh
# Fetch the browser libraries that ppvcms serves itself, each at one pinned version.
#
#   tools/vendor.sh          fetch all packages with npm and lay them out below
#   tools/vendor.sh --check  compare the files with the recorded digests, no network
#
# npm is needed to fetch, never to run the site. To move to a newer version, change
# the number here, run the script, look at the style guide, and commit the result.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
vendor="$root/ppvcms/static/vendor"

if [ "${1:-}" = "--check" ]; then
    cd "$vendor" && exec sha256sum --check --quiet SHA256SUMS
fi

BOOTSTRAP=5.3.9
ICONS=1.13.2
SOCKETIO=4.8.4
UPLOT=1.6.32
INTER=5.3.0
BRICOLAGE=5.3.0
SERIF=5.3.1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch() { # fetch <package> <version>: unpack it at $work/package and print nothing
    rm -rf "$work/package"
    (cd "$work" && tar xzf "$(npm pack --silent "$1@$2")")
}
keep() { # keep <folder> <file in the package>...: copy into static/vendor/<folder>
    mkdir -p "$vendor/$1"
    folder="$vendor/$1"
    shift
    for file in "$@" LICENSE; do cp "$work/package/$file" "$folder/"; done
}
font() { # font <folder> <files prefix> <variants...>: variable fonts, weight axis only
    mkdir -p "$1/fonts"
    cp "$work/package/LICENSE" "$1/fonts/LICENSE-$2.txt"
    name=$2
    folder=$1
    shift 2
    for variant in "$@"; do cp "$work/package/files/$name-$variant.woff2" "$folder/fonts/"; done
}

fetch bootstrap "$BOOTSTRAP"
keep bootstrap dist/css/bootstrap.min.css dist/css/bootstrap.rtl.min.css dist/js/bootstrap.bundle.min.js
fetch bootstrap-icons "$ICONS"
keep bootstrap-icons font/bootstrap-icons.min.css
mkdir -p "$vendor/bootstrap-icons/fonts"
cp "$work/package/font/fonts/bootstrap-icons.woff2" "$vendor/bootstrap-icons/fonts/"
fetch socket.io-client "$SOCKETIO"
keep socket.io-client dist/socket.io.esm.min.js dist/socket.io.min.js
fetch uplot "$UPLOT"
keep uplot dist/uPlot.esm.js dist/uPlot.min.css
fetch @fontsource-variable/inter "$INTER"
font "$vendor/inter" inter latin-wght-normal latin-ext-wght-normal cyrillic-wght-normal greek-wght-normal
fetch @fontsource-variable/bricolage-grotesque "$BRICOLAGE"
font "$root/themes/stage/static" bricolage-grotesque latin-wght-normal latin-ext-wght-normal
fetch @fontsource-variable/source-serif-4 "$SERIF"
font "$root/themes/classroom/static" source-serif-4 latin-wght-normal latin-ext-wght-normal latin-wght-italic

cd "$vendor"
find . -type f ! -name SHA256SUMS ! -name VENDOR.md | sort | xargs sha256sum > SHA256SUMS
