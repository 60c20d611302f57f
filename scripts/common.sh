# shellcheck shell=bash
# Sourced by the other scripts: where things are, and how a script speaks.
# Kept to what bash 3.2 knows, since macOS still has that one.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Tools that we install ourselves go to a folder of our own. `cargo install` would otherwise
# replace the cargo-leptos that another project of the same person needs.
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/byline
TOOLS=$CACHE/tools
WASM_OPT=$ROOT/scripts/wasm-opt
PYTHON=$TOOLS/python

# The Python that has what the programs in tests/python need; the tests start them.
export TEST_PYTHON=$PYTHON/bin/python

# cargo-leptos takes wasm-bindgen and wasm-opt from PATH, and else downloads other versions.
# Ours come first, and a rustup that has not reached the shell's profile yet is found too.
PATH=$WASM_OPT/node_modules/.bin:$TOOLS/bin:$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
export PATH

say() { printf '%s\n' "$*"; }

die() {
    printf 'Error: %s\n' "$*" >&2
    exit 1
}

# type -P and not command -v: a function of ours is no program.
have() { type -P "$1" >/dev/null; }

# "75" becomes "1 min 15 s".
duration() {
    if (($1 < 60)); then
        printf '%d s' "$1"
    else
        printf '%d min %d s' $(($1 / 60)) $(($1 % 60))
    fi
}

# step TITLE COMMAND…: a headline, the command, and how long it took; a failure ends the script.
step() {
    local title=$1 started=$SECONDS status=0
    shift
    printf '\n==> %s\n' "$title"
    "$@" || status=$?
    if ((status != 0)); then
        printf '==> FAILED after %s: %s\n' "$(duration $((SECONDS - started)))" "$title" >&2
        exit "$status"
    fi
    printf '==> %s: %s\n' "$title" "$(duration $((SECONDS - started)))"
}

# The folder with initdb and postgres: Debian keeps them out of PATH, a folder for each version.
find_postgres() {
    local found
    found=$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1) || true
    [[ -n $found ]] || found=$(type -P initdb) || return 1
    found=$(dirname "$found")
    [[ -x $found/postgres ]] || return 1
    printf '%s\n' "$found"
}

# The browser for the tests: the one that was asked for, else the first one there is.
find_chromium() {
    local name
    if [[ -n ${CHROMIUM:-} ]]; then
        type -P "$CHROMIUM" || return 1
        return
    fi
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        type -P "$name" && return
    done
    return 1
}
