#!/usr/bin/env bash
# Builds the reporters' pages into src/aigaq/gate/bundle, with the Node that PyPI ships; the result is committed.
set -euo pipefail
cd "$(dirname "$0")/../client"
source ../scripts/node.sh
node build.mjs "$@"
[[ $# -gt 0 ]] || node build.mjs --desk ../src/aigaq/desk/static/desk/new-code.js
