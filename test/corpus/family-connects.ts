import { refused, type Family, type Outcome, type Row, type RequestText, type Site } from './corpus-case.ts'
import { ADDRESSES, MISSPELT } from './family-hosts.ts'

const NO_HOST: readonly Outcome[] = ['host_refused', 'request_malformed']
const GOOD = 'recorder.internal:443'

/** A CONNECT goes to the proxy itself, so it is written for the door that shows its proof there. */
const connect = (site: Site, target: string, { fields = [], body = '', version = 'HTTP/1.1', proof = site.proof }: RequestText = {}): string =>
  [`CONNECT ${target} ${version}`, `Host: ${GOOD}`, ...proof, ...fields, '', ''].join('\r\n') + body

const bytesOf = (text: string): string => ([...text].some((character) => character.charCodeAt(0) > 255) ? Buffer.from(text).toString('latin1') : text)
const AT = { doors: ['absolute'] } as const

const targets: readonly Row[] = [
  // The parser passes over spaces around a target. What has a port of its own already is written as it is.
  ...[...ADDRESSES, ...MISSPELT].filter((host) => host !== 'recorder.internal ' && host !== 'recorder.internal:443 ').map((host) => `${host}${/:[^\]]*$/.test(host) && !host.includes('[') ? '' : ':443'}`).map((target) =>
    refused(`CONNECT ${JSON.stringify(target.slice(0, 50))}`, [...NO_HOST, 'host_not_served'], (site) => connect(site, bytesOf(target)), AT)),
  ...['recorder.internal', '443', ':443', '/', '*', '/recorder/v1/a', 'https://recorder.internal:443', 'https://recorder.internal', 'recorder.internal:443/',
    'recorder.internal:443?a', 'recorder.internal:443#a', 'recorder.internal:', 'recorder.internal:a', 'recorder.internal:00443', 'recorder.internal:99999',
    'recorder.internal:443@evil.example', 'a b:443', '[recorder.internal]:443', 'recorder.internal:443,evil.example:443'].map((target) =>
    refused(`CONNECT ${target}`, NO_HOST, (site) => connect(site, target), AT)),
  ...['evil.example:443', 'recorder.internal:80', 'recorder.internal:22', 'recorder.internal:8443', 'localhost:443', 'api.github.com:80', 'api.github.com:22',
    'metadata.google.internal:80', 'x.recorder.internal:443', 'internal:443', 'recorder.internal.evil.example:443'].map((target) =>
    refused(`CONNECT ${target}`, 'host_not_served', (site) => connect(site, target), AT)),
]

const shapes: readonly Row[] = [
  ...['Content-Length: 5', 'Transfer-Encoding: chunked', 'Content-Length: 5\r\nTransfer-Encoding: chunked', 'Content-Length: 5\r\nContent-Length: 5'].map((fields) =>
    refused(`CONNECT with ${JSON.stringify(fields)}`, ['request_ambiguous', 'request_malformed'], (site) => connect(site, GOOD,
      { fields: [fields], body: 'hello' }), AT)),
  ...['a_b: c', 'X-HTTP-Method-Override: GET', 'Connection: X-A', 'Impersonate-User: bob'].map((field) => refused(`CONNECT with ${field}`, 'header_refused',
    (site) => connect(site, GOOD, { fields: [field] }), AT)),
  ...['Upgrade: websocket', 'Upgrade: TLS/1.3'].map((field) => refused(`CONNECT with ${field}`, ['upgrade_refused', 'request_malformed'], (site) => connect(site,
    GOOD, { fields: ['Connection: Upgrade', field] }), AT)),
  ...['Expect: x', 'Expect: 100-continue, x'].map((field) => refused(`CONNECT with ${field}`, 'expectation_refused', (site) => connect(site, GOOD,
    { fields: [field] }), AT)),
  ...['HTTP/0.9', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/3', 'http/1.1', 'X'].map((version) => refused(`CONNECT in ${version}`,
    ['request_malformed', 'tunnel_not_intercepted'], (site) => connect(site, GOOD, { version }), AT)),
  ...['Proxy-Authorization: Digest a', 'Proxy-Authorization: Bearer', 'Proxy-Authorization: Bearer a b', 'Proxy-Authorization: Basic YTo=',
    'Proxy-Authorization: Bearer a.b.c'].map((proof) =>
    refused(`CONNECT with ${proof}`, ['token_invalid', 'identity_required'], (site) => connect(site, GOOD, { proof: [proof] }), AT)),
  refused('CONNECT without a proof', 'identity_required', (site) => connect(site, GOOD, { proof: [] }), AT),
  refused('CONNECT with a proof where the upstream’s would stand', 'identity_required', (site) => connect(site, GOOD,
    { proof: site.proof.map((line) => line.replace('Proxy-', '')) }), AT),
  refused('CONNECT with two proofs', 'request_ambiguous', (site) => connect(site, GOOD, { proof: [...site.proof, ...site.proof] }), AT),
  ...['\n', '\r', '\r\r\n', '\0\r\n'].map((end) => refused(`CONNECT with ${JSON.stringify(end)} for an end of line`, ['request_malformed', 'cut'],
    (site) => connect(site, GOOD).replaceAll('\r\n', end), { ...AT, thenEnds: true })),
  refused('CONNECT within a tunnel', 'request_malformed', (site) => connect(site, GOOD), { doors: ['tunnel'] }),
  // The tunnel stands, and carries something else: what follows is told there, in the clear, but where TLS had begun.
  // The answer to the CONNECT has no length: what is told in it reads as its body.
  ...['GET / HTTP/1.1\r\nHost: recorder.internal\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'PRI * HT', '\0\0\0\x04\0\0\0\0\0', 'SSH-2.0-a\r\n', '\0\0\0\0', '\x16', '\x16\x03\x01\x00\x05hello',
    '\x80\x2e\x01\x00\x02', '\x05\x01\x00', 'x'].map((inside) =>
    refused(`a tunnel that carries ${JSON.stringify(inside.slice(0, 12))}`, inside.startsWith('\x16') ? ['ok', 'cut'] : 'tunnel_not_intercepted',
      (site) => connect(site, GOOD, { body: inside }), { ...AT, thenEnds: true })),
]

export const connectFamily: Family = { family: 'CONNECT', rows: [...targets, ...shapes] }
