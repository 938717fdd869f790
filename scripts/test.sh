#!/usr/bin/env bash
# Everything that must hold before a change lands: set-up, types, lint, build, tests.
# `npm test` calls this; what follows `--` goes to vitest: npm test -- test/policy
# `npm run test:browser` calls it with `browser`: the pages in a real Chromium, and nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ ! -x node_modules/.bin/node ]; then
  echo "The project's packages are not installed: run \"npm ci\" first." >&2
  exit 1
fi
# The project's own Node and tools first, also where npm has not put them there.
export PATH="$PWD/node_modules/.bin:$PATH"

# What the tests drive beside Node, each unmodified: command -> Debian package that brings it.
declare -A package_of=(
  [curl]=curl [openssl]=openssl [python3]=python3 [go]=golang-go [java]=default-jdk-headless
  [setpriv]=util-linux [prlimit]=util-linux [tar]=tar
  [chromium]=chromium [redis-server]=redis-server [redis-cli]=redis-tools
)

# A Python that is first on the path but is not Debian's does not see Debian's packages.
python_with_requests() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -c 'import requests' >/dev/null 2>&1; then echo "$python"; return; fi
  done
}

# The Debian packages of all that is missing, one a line.
missing_packages() {
  local command
  for command in "${!package_of[@]}"; do
    command -v "$command" >/dev/null 2>&1 || echo "${package_of[$command]}"
  done
  [ -n "$(python_with_requests)" ] || echo python3-requests
  # A Java that only runs compiled classes is not enough for a verifier in source form.
  if command -v java >/dev/null 2>&1; then java --list-modules 2>/dev/null | grep -q '^jdk\.compiler' || echo default-jdk-headless; fi
}

install_missing() {
  local -a missing as_root=()
  mapfile -t missing < <(missing_packages | sort -u)
  [ "${#missing[@]}" -gt 0 ] || return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests drive real clients. Please install what is missing, then run npm test again: ${missing[*]} (Debian's package names)." >&2
    exit 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
      echo "The tests drive real clients. Please run as root, then run npm test again: apt-get install -y ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  echo "set-up: installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ca-certificates "${missing[@]}" >/dev/null
  mapfile -t missing < <(missing_packages | sort -u)
  [ "${#missing[@]}" -eq 0 ] && return 0
  echo "Installed, but still not usable from here: ${missing[*]}. Is another program of that name earlier on the PATH?" >&2
  exit 1
}

install_missing
POSTERN_TEST_PYTHON="$(python_with_requests)"
export POSTERN_TEST_PYTHON

if [ "${1:-}" = browser ]; then
  shift
  exec vitest run --config vitest.browser.config.ts "$@"
fi

echo "types"
npm run --silent typecheck
echo "lint"
npm run --silent lint
echo "build"
node scripts/build.ts
echo "tests"
exec vitest run "$@"
