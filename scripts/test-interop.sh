#!/usr/bin/env bash
# The product before software of others that is too large for every run of the tests: Keycloak as the identity provider, OAuth clients in
# Python and Go, Helm; and the package for Python. `npm run test:interop` calls this; what follows `--` goes to vitest:
# npm run test:interop -- test/interop/helm
set -euo pipefail
cd "$(dirname "$0")/.."

KEYCLOAK=26.4.0
HELM=v3.18.6
CACHE="$PWD/node_modules/.cache/interop"

if [ ! -x node_modules/.bin/node ]; then
  echo "The project's packages are not installed: run \"npm ci\" first." >&2
  exit 1
fi
export PATH="$PWD/node_modules/.bin:$PATH"

# What is missing, one a line: nothing is left out in silence.
missing() {
  local command version
  for command in mvn:Maven unzip:unzip nginx:nginx haproxy:haproxy go:"Go 1.21 or newer" python3:Python java:"Java 17 or newer"; do
    command -v "${command%%:*}" >/dev/null 2>&1 || echo "${command#*:}"
  done
  if command -v java >/dev/null 2>&1; then
    version="$(java -version 2>&1 | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' | head -n 1)"
    [ "${version:-0}" -ge 17 ] || echo "Java 17 or newer (found ${version:-one that does not say its version})"
  fi
  # From 1.21 on it fetches what newer one a module asks for.
  if command -v go >/dev/null 2>&1; then
    version="$(go env GOVERSION)"
    [[ "$version" =~ ^go1\.([0-9]+) && "${BASH_REMATCH[1]}" -ge 21 ]] || echo "Go 1.21 or newer (found ${version:-one that does not say its version})"
  fi
  if command -v python3 >/dev/null 2>&1; then
    python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || echo "Python's venv module (Debian: python3-venv)"
  fi
  [ -x /usr/bin/chromium ] || echo "Chromium at /usr/bin/chromium"
}

# Where Debian has it, it is installed; what it has too old a version of is told below.
install_missing() {
  local -a packages=() as_root=()
  command -v mvn >/dev/null 2>&1 || packages+=(maven)
  command -v unzip >/dev/null 2>&1 || packages+=(unzip)
  command -v nginx >/dev/null 2>&1 || packages+=(nginx)
  command -v haproxy >/dev/null 2>&1 || packages+=(haproxy)
  [ -x /usr/bin/chromium ] || packages+=(chromium)
  python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || packages+=(python3-venv)
  [ "${#packages[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null 2>&1 || return 0
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  echo "set-up: installing ${packages[*]}"
  "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null || true
}

install_missing
absent="$(missing | paste -sd ';' | sed 's/;/, /g')"
if [ -n "$absent" ]; then
  echo "The interoperability tests drive software of others. Please install what is missing, then run npm run test:interop again: $absent." >&2
  exit 1
fi

# Says what it does, and what failed where it fails.
prepare() {
  echo "set-up: $1"
  shift
  "$@" >"$CACHE/set-up.log" 2>&1 && return 0
  tail -n 20 "$CACHE/set-up.log" >&2
  echo "The set-up failed at: $*" >&2
  exit 1
}

# Everything is made beside its place and moved there whole, so that what was broken off is made anew.
fetch_keycloak() {
  local at="$CACHE/new-keycloak.$$"
  mvn -q -B dependency:copy "-Dartifact=org.keycloak:keycloak-quarkus-dist:$KEYCLOAK:zip" "-DoutputDirectory=$at" &&
    unzip -q "$at/keycloak-quarkus-dist-$KEYCLOAK.zip" -d "$at" &&
    mv -T "$at/keycloak-$KEYCLOAK" "$CACHE/keycloak-$KEYCLOAK" &&
    rm -r "$at"
}

fetch_helm() {
  GOBIN="$CACHE/new-helm.$$" go install "helm.sh/helm/v3/cmd/helm@$HELM" && mv -T "$CACHE/new-helm.$$" "$CACHE/helm-$HELM"
}

# A virtual environment names its own place: it is whole when its mark is there.
make_python() {
  rm -rf "$1" &&
    python3 -m venv "$1" &&
    "$1/bin/pip" install -q --disable-pip-version-check -r test/interop/clients/python/requirements.txt &&
    touch "$1/.whole"
}

mkdir -p "$CACHE"
python="$CACHE/python-$(sha256sum test/interop/clients/python/requirements.txt | cut -c1-12)"
[ -d "$CACHE/keycloak-$KEYCLOAK" ] || prepare "fetching Keycloak $KEYCLOAK" fetch_keycloak
[ -d "$CACHE/helm-$HELM" ] || prepare "building Helm $HELM" fetch_helm
[ -e "$python/.whole" ] || prepare "fetching what is used in Python" make_python "$python"
prepare "building the OAuth client in Go" go -C test/interop/clients/go build -o "$CACHE/go-client" .

# What a run leaves behind where it is broken off: folders, and servers in process groups of their own, each with its leader's id in a file.
RUN="$(mktemp -d)"
end_run() {
  local file leader
  for file in "$RUN"/*.pid; do
    [ -e "$file" ] || continue
    leader="$(cat "$file")"
    # Only what was started from this run's own folder.
    if grep -qsF "$RUN" "/proc/$leader/cmdline"; then kill -KILL -- "-$leader" || true; fi
  done
  rm -rf "$RUN"
}
trap end_run EXIT

export POSTERN_INTEROP_RUN="$RUN" POSTERN_INTEROP_KEYCLOAK="$CACHE/keycloak-$KEYCLOAK" POSTERN_INTEROP_HELM="$CACHE/helm-$HELM/helm" \
  POSTERN_INTEROP_PYTHON="$python/bin/python" POSTERN_INTEROP_GO_CLIENT="$CACHE/go-client"
# Waited for in a way that a signal ends, so that what is left is ended, too.
vitest run --config vitest.interop.config.ts "$@" &
trap 'kill -TERM $! || true; exit 130' INT TERM
wait $!
