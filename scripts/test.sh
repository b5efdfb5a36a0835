#!/usr/bin/env bash
# Runs the tests: `lint`, `fast` or `all`. Counts are small unless AIGAQ_ROUNDS=full.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
what=${1:-all}
export AIGAQ_ROUNDS=${AIGAQ_ROUNDS:-small}

lint() {
  "$bin/ruff" check .
  "$bin/ruff" format --check .
  "$bin/mypy"
  "$bin/lint-imports"
}
# Real servers and browsers share two processors. What fails gets one more run, alone and in sight, so that a slow machine
# is told from a fault; what fails twice fails. Never so where one failure in many rounds is the finding itself: crashes,
# attacks, random changes (the folders named below).
run() {
  "$bin/pytest" -n 2 --dist loadfile -q --tb=short "$@" && return
  if "$bin/pytest" -q --collect-only --last-failed --last-failed-no-failures none "$@" \
    | grep -qE "^tests/(faults|security|fuzz|unit/verify/test_mutations|unit/reckoning/test_conflicts)"; then
    echo "A test failed that is never run a second time."
    return 1
  fi
  echo "These failed; once more, alone:"
  "$bin/pytest" -q --tb=short --last-failed --last-failed-no-failures none "$@"
}
case "$what" in
  lint) lint ;;
  fast)
    lint
    # Three, because real gates spend their time waiting; without folders that hold none of these.
    "$bin/pytest" -n 3 -q -m "not browser and not faults and not slow" \
      --ignore tests/browser/desk --ignore tests/browser/story --ignore tests/faults
    ;;
  all)
    lint
    # Apart, because Playwright's event loop in a process keeps Django and asyncio from working.
    run -m "not browser"
    run -m browser
    ;;
  *) echo "usage: scripts/test.sh lint|fast|all" >&2; exit 2 ;;
esac
