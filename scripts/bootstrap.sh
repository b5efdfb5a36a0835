#!/usr/bin/env bash
# Installs what a target needs, and nothing that is there already. `run` needs Python packages and bubblewrap; `test` needs
# Debian's Chromium and a few tools too. As root it uses apt, otherwise it names what is missing and stops.
set -euo pipefail
cd "$(dirname "$0")/.."
want=${1:-run}

missing=()
need() { # need <command> <Debian package>
  command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}
python3 -c 'import ensurepip' >/dev/null 2>&1 || missing+=(python3-venv)
need bwrap bubblewrap
if [ "$want" = test ]; then
  need chromium chromium
  need strace strace
  need age age
  need gdb gdb
  need pdftoppm poppler-utils
  need nginx nginx-light
fi
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ]; then
    echo "Installing from Debian: ${missing[*]}"
    apt-get update -qq >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "Missing from this computer: ${missing[*]}" >&2
    echo "Install with:  sudo apt-get install ${missing[*]}" >&2
    exit 1
  fi
fi

if ! command -v python3.11 >/dev/null 2>&1; then
  echo "Aigaq needs Python 3.11 (Debian 12 has it as python3)." >&2
  exit 1
fi
if [ ! -x .venv/bin/python ]; then
  python3.11 -m venv .venv
fi
uv_version=0.13.9
if ! .venv/bin/uv --version 2>/dev/null | grep -q " $uv_version"; then
  .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$uv_version"
fi
# `run` takes the small part; `test` everything. Neither ever takes away what the other brought.
export UV_PROJECT_ENVIRONMENT="$PWD/.venv"
if [ "$want" = test ]; then
  if [ ! -e .venv/.ready-test ] || [ uv.lock -nt .venv/.ready-test ]; then
    .venv/bin/uv sync --quiet --frozen --inexact --all-packages --all-extras
    touch .venv/.ready-test
  fi
  if [ ! -e client/node_modules/.ready ] || [ client/package-lock.json -nt client/node_modules/.ready ]; then
    ( source scripts/node.sh && cd client && npm ci --silent --no-audit --no-fund )
    touch client/node_modules/.ready
  fi
else
  .venv/bin/uv sync --quiet --frozen --inexact --no-dev --extra media
fi
touch .venv/.ready
