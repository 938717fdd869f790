#!/usr/bin/env bash
# What the bench measures beside, and what it measures with. Installs only what is missing; quick when all is there.
#   bench/set-up.sh [NAME...]    the peers that are left out
set -euo pipefail
cd "$(dirname "$0")"

left_out() { [[ " ${LEFT_OUT} " == *" $1 "* ]]; }
LEFT_OUT="$*"

fail() { echo "bench: $1" >&2; exit 1; }

# command -> Debian package
declare -A package_of=([wrk]=wrk [go]=golang-go [taskset]=util-linux)
for peer in nginx haproxy; do left_out "$peer" || package_of[$peer]=$peer; done
left_out squid || package_of[squid]=squid-openssl

missing_packages() {
  local command
  for command in "${!package_of[@]}"; do command -v "$command" >/dev/null 2>&1 || echo "${package_of[$command]}"; done
}

install_packages() {
  local -a missing as_root=()
  mapfile -t missing < <(missing_packages | sort -u)
  [ "${#missing[@]}" -gt 0 ] || return 0
  local hint="please install ${missing[*]} (Debian's package names), or leave peers out: npm run bench -- --without NAME"
  command -v apt-get >/dev/null 2>&1 || fail "$hint"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || fail "$hint"
    as_root=(sudo)
  fi
  echo "bench: installing ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -qq
  # Debian starts what it installs; here it is only to lie ready.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  mapfile -t missing < <(missing_packages | sort -u)
  [ "${#missing[@]}" -eq 0 ] || fail "installed, but still not usable from here: ${missing[*]}"
}

install_fastify() {
  [ node_modules/.package-lock.json -nt package-lock.json ] 2>/dev/null && return 0
  npm ci --silent || fail "@fastify/http-proxy could not be installed from bench/peers (npm ci); leave it out: npm run bench -- --without fastify"
  touch node_modules/.package-lock.json
}

install_mitmproxy() {
  local wanted home version
  wanted="$(sed -n 's/^mitmproxy==//p' mitmproxy.txt)"
  home="${XDG_CACHE_HOME:-$HOME/.cache}/postern-bench/mitmproxy"
  if [ -x "$home/bin/mitmdump" ] && [ "$(cat "$home/version" 2>/dev/null)" = "$wanted" ]; then return 0; fi
  local hint="leave it out: npm run bench -- --without mitmproxy"
  command -v python3 >/dev/null 2>&1 || fail "mitmproxy needs Python; $hint"
  echo "bench: installing mitmproxy $wanted" >&2
  rm -rf "$home"
  python3 -m venv "$home" || fail "no virtual environment could be made for mitmproxy (Debian: python3-venv); $hint"
  "$home/bin/pip" install -q --disable-pip-version-check -r mitmproxy.txt || fail "mitmproxy could not be installed by pip; $hint"
  echo "$wanted" >"$home/version"
}

install_packages
cd peers
left_out fastify || install_fastify
left_out mitmproxy || install_mitmproxy
