#!/bin/sh
# Makes .venv and installs the hashed pins, but only what is missing or has changed: a second call returns at once.
# Usage: sh tools/setup.sh runtime|dev
set -eu

wanted=$1
venv=.venv
oldest="3, 11"

is_usable() {
    "$1" -c "import sys; sys.exit(sys.version_info < ($oldest))" >/dev/null 2>&1
}

find_python() {
    for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
        if is_usable "$name"; then
            echo "$name"
            return
        fi
    done
    echo "Python 3.11 or newer was not found: install it (Debian and Ubuntu: python3 and python3-venv) and try again." >&2
    return 1
}

make_venv() {
    python=$(find_python)
    if ! "$python" -c "import ensurepip, venv" >/dev/null 2>&1; then
        echo "$python cannot make virtual environments: install its venv package (Debian and Ubuntu: python3-venv)." >&2
        return 1
    fi
    echo "Making $venv with $("$python" --version)"
    rm -rf "$venv"
    "$python" -m venv "$venv"
}

checksum() {
    cat "$@" | "$venv/bin/python" -c "import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())"
}

is_installed() {
    [ "$(cat "$venv/$1.pins" 2>/dev/null)" = "$2" ]
}

install() {
    echo "Installing the pinned packages of $1 (once; two minutes on a slow line)"
    if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$1"; then
        echo "The packages of $1 were not installed: see the lines above; the network and the disk are the usual causes." >&2
        return 1
    fi
}

is_usable "$venv/bin/python" || make_venv

runtime=$(checksum requirements.txt)
dev=$(checksum requirements.txt requirements-dev.txt)

case $wanted in
    runtime)
        if ! is_installed runtime "$runtime"; then
            install requirements.txt
            echo "$runtime" >"$venv/runtime.pins"
        fi
        ;;
    dev)
        if ! is_installed dev "$dev"; then
            install requirements-dev.txt
            echo "$runtime" >"$venv/runtime.pins"
            echo "$dev" >"$venv/dev.pins"
        fi
        ;;
    *)
        echo "usage: sh tools/setup.sh runtime|dev" >&2
        exit 2
        ;;
esac
