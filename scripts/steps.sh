# Sourced by lint and test: runs steps one after the other, all of them, and sums up at the end.

_failed=0
_summary=()

step() {
  local name=$1 started=$SECONDS result=passed
  shift
  echo "--- $name"
  "$@" || {
    result=FAILED
    _failed=1
  }
  _summary+=("$(printf '%-14s %-7s %4d s' "$name" "$result" $((SECONDS - started)))")
}

check_steps() {
  step "ruff format" "$PYTHON" -m ruff format --check --quiet .
  step "ruff check" "$PYTHON" -m ruff check --quiet .
  step mypy "$PYTHON" -m mypy
  step lint-imports "$PYTHON" -c 'from importlinter.cli import lint_imports_command as check; check()'
}

finish() {
  echo
  printf '%s\n' "${_summary[@]}"
  if [ "$_failed" -ne 0 ]; then
    echo "FAILED"
    exit 1
  fi
  echo "all passed"
}
