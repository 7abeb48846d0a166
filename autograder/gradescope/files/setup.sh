#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image: Python, the libraries, and fingerprints of known mistakes.
set -euo pipefail
ROOT="${AUTOGRADER_ROOT:-/autograder}"
SOURCE="$ROOT/source"

python=""
for candidate in python3.13 python3.12 python3.11 python3; do
  if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python="$candidate"
    break
  fi
done
if [ -z "$python" ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3.11 python3.11-venv
  python=python3.11
fi

bash "$SOURCE/scripts/system_packages"
"$python" -m venv "$ROOT/venv"
bash "$SOURCE/scripts/install_locked" "$ROOT/venv/bin/python"
"$ROOT/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable "$SOURCE"
chmod 600 "$SOURCE/course/course.secret"
"$ROOT/venv/bin/python" -c 'import matplotlib.font_manager'
"$ROOT/venv/bin/python" -m autograder.cli gradescope prepare --root "$ROOT"
