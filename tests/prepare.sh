#!/usr/bin/env bash
# What the tests need beside Python packages: a browser, and real programs in environments of their own.
# Each part is optional: tests that miss it are skipped and say why.
set -u
cd "$(dirname "$0")/.."

if ! command -v chromium >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Debian's chromium for the browser tests ..."
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium poppler-utils fonts-dejavu-core; } >/dev/null 2>&1 \
    || echo "chromium could not be installed: the browser tests will be skipped"
fi

if [ -f requirements-taguette.lock ] && [ ! -x .venv-taguette/bin/taguette ]; then
  echo "Installing Taguette in an environment of its own for the import tests ..."
  { "${PYTHON:-python3}" -m venv .venv-taguette && .venv-taguette/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements-taguette.lock; } >/dev/null 2>&1 \
    || { rm -rf .venv-taguette; echo "Taguette could not be installed: its tests will be skipped"; }
fi
exit 0
