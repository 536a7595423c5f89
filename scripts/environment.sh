# Sourced by run, lint and test: makes .venv, with uv where it is there, else with Python's own tools.
# A stamp remembers what was installed, so the next call starts at once.

PYTHON=.venv/bin/python

_find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11 python; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
  echo "error: Python 3.11 or newer is needed, and none was found on PATH." >&2
  return 1
}

_create_venv() {
  if [ -x "$PYTHON" ] && "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    return
  fi
  if command -v uv >/dev/null; then
    rm -rf .venv
    uv venv --quiet --python '>=3.11' .venv
    return
  fi
  local python
  python=$(_find_python)
  "$python" -m venv --clear .venv || {
    echo "error: $python cannot make virtual environments; install its venv module (Debian: python3-venv)." >&2
    return 1
  }
}

_pip() {
  if command -v uv >/dev/null; then
    uv pip "$1" --quiet --python "$PYTHON" "${@:2}"
  else
    "$PYTHON" -m pip "$1" --quiet --disable-pip-version-check "${@:2}"
  fi
}

_install_dev() {
  if [ -f requirements-dev.txt ]; then
    _pip install -r requirements-dev.txt
    _pip install --no-deps -e .
    return
  fi
  # Dependency groups came with pip 25.1; older Pythons bring an older one.
  command -v uv >/dev/null || _pip install --upgrade 'pip>=25.1'
  _pip install -e . --group dev
}

_install_run() {
  if [ -f requirements-dev.txt ] && ! grep -q -- '--hash=' requirements-dev.txt; then
    _pip install -e . -c requirements-dev.txt
  else
    _pip install -e .
  fi
}

# use_environment dev: everything for the tests. use_environment run: only what a user gets.
use_environment() {
  local group=$1 stamp wanted
  _create_venv
  stamp=.venv/.installed
  wanted=$({ pwd; "$PYTHON" --version; cat pyproject.toml; cat requirements-dev.txt 2>/dev/null || true; } |
    "$PYTHON" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
  # What the tests need includes what a user gets.
  if grep -qsx "dev $wanted" "$stamp" || grep -qsx "$group $wanted" "$stamp"; then
    return
  fi
  echo "installing into .venv ..." >&2
  "_install_$group"
  echo "$group $wanted" >"$stamp"
}
