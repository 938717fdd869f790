#!/usr/bin/env bash
# Everything that must hold before a change lands: set-up, types, lint, build, tests.
# `npm test` calls this; npm has put the project's own Node first on the path.
set -euo pipefail
cd "$(dirname "$0")/.."

# command -> Debian package that brings it; the tests drive these unmodified clients and verifiers.
declare -A needed=([curl]=curl [openssl]=openssl [python3]=python3 [go]=golang-go)
missing=()
for command in "${!needed[@]}"; do
  command -v "$command" >/dev/null 2>&1 || missing+=("${needed[$command]}")
done
python3 -c 'import requests' >/dev/null 2>&1 || missing+=(python3-requests)

if [ "${#missing[@]}" -gt 0 ]; then
  if command -v apt-get >/dev/null 2>&1; then
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo"
    echo "installing: ${missing[*]}"
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends ca-certificates "${missing[@]}" >/dev/null
  else
    echo "The tests drive real clients. Please install what is missing, then run npm test again: ${missing[*]} (Debian's package names)." >&2
    exit 1
  fi
fi
# A Python that is first on the path but is not Debian's does not see Debian's packages.
if ! python3 -c 'import requests' >/dev/null 2>&1; then
  if /usr/bin/python3 -c 'import requests' >/dev/null 2>&1; then export POSTERN_TEST_PYTHON=/usr/bin/python3; else
    echo "The tests need the Python package requests for python3; it could not be found after installing python3-requests." >&2
    exit 1
  fi
fi

echo "types";  tsc -p tsconfig.json
echo "lint";   oxlint --type-aware --deny-warnings src test bench scripts
echo "build";  node scripts/build.ts
vitest run "$@"
