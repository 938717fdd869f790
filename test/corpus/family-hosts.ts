import { refused, request, taken, type Door, type Family, type Outcome, type Row, type Site } from './corpus-case.ts'

const GOOD = 'recorder.internal'
const FORWARD: readonly Door[] = ['absolute', 'tunnel']
const NOT_OURS: readonly Outcome[] = ['host_refused', 'authority_mismatch', 'request_malformed']

/** Spellings of addresses; none of them is a host anywhere. */
export const ADDRESSES = [
  '127.0.0.1', '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.1', '0x7f.0.0.1', '0177.0.0.1', '017700000001', '127.0.0.0x1', '0', '0.0.0.0', '[::1]',
    '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:0:0:1]', '[::127.0.0.1]',
  '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[fe80::1%25lo]', '169.254.169.254', '2852039166', '0xa9fea9fe', '[fd00:ec2::254]', '10.0.0.1', '192.168.0.1',
    '１２７.0.0.1', '127。0。0。1', 'localhost.127.0.0.1', '1.1.1.1', '999.999.999.999', '127.0.0.1.', '0x7f.0.0.0x1.',
]

/** Spellings of the one host that is served: to some reader each is the same, to us none is. */
export const MISSPELT = [
  'recorder.internal.', 'recorder.internal..', '.recorder.internal', 'recorder..internal', 'recorder.internal\0', 'recorder.internal\0.evil.example',
    'recorder.internal%00', 'recorder%2einternal', 'recorder.%69nternal', 'recorder\u3002internal', 'recorder\uff0einternal',
  'r\u0435corder.internal', 'recorder.\uff49nternal', 'xn--recorder.internal', 'recorder_internal', 'recorder.internal ', 'recorder .internal',
    'recorder.internal\t', 'recorder.internal,evil.example', 'recorder.internal;evil.example', 'recorder.internal/evil.example', 'recorder.internal?a',
  'recorder.internal#a', 'recorder.internal\\evil.example', 'user@recorder.internal', 'user:pass@recorder.internal', 'recorder.internal@evil.example',
    'evil.example@recorder.internal', '@recorder.internal', '"recorder.internal"', '[recorder.internal]', '<recorder.internal>', 'recorder.internal:',
    'recorder.internal:0',
  'recorder.internal:0443', 'recorder.internal:+443', 'recorder.internal:-443', 'recorder.internal:443:443', 'recorder.internal:443 ', 'recorder.internal:65536',
    'recorder.internal:4430000000', 'recorder.internal:https', 'recorder.internal:443/', 'recorder.internal:0x1bb', 'recorder.internal:443.',
    'recorder.internal:44３',
  'https://recorder.internal', '//recorder.internal', 'recorder.internal, recorder.internal', 'recorder.internal recorder.internal', '-recorder.internal',
    'recorder-.internal', `${'a'.repeat(64)}.internal`, `${'a.'.repeat(127)}internal`, '*.internal', '*', '', '.', '..', ':', ':443', '%', '\xff',
]

/** Plain names, of somebody else. */
const OTHERS = ['evil.example', 'internal', 'recorder', 'recorder.internal.evil.example', 'xrecorder.internal', 'x.recorder.internal', 'recorder.internal:80',
  'recorder.internal:8443', 'recorder-internal', 'api.github.com', 'localhost', 'slack.com', 'recorder.interna1', 'rec0rder.internal', 'metadata.google.internal']

const bytesOf = (text: string): string => ([...text].some((character) => character.charCodeAt(0) > 255) ? Buffer.from(text).toString('latin1') : text)
const OWS = /^[ \t]+|[ \t]+$/g

/** A Host that differs from the target, in forward mode and in tunnels. */
const fields: readonly Row[] = [
  // White space around a value is no part of it (RFC 9110 section 5.5).
  ...[...ADDRESSES, ...MISSPELT, ...OTHERS].filter((host) => host.replaceAll(OWS, '') !== GOOD && !host.includes(':443 ')).map((host) =>
    refused(`Host: ${JSON.stringify(short(host))}`, NOT_OURS, (site) => request(site, { host: [`Host: ${bytesOf(host)}`] }), { doors: FORWARD })),
  ...[GOOD, GOOD.toUpperCase(), 'Recorder.Internal', `${GOOD}:443`, `${GOOD}  `, `\t${GOOD}`].map((host) => taken(`Host: ${JSON.stringify(host)}`,
    (site) => request(site, { host: [`Host: ${host}`] }), {}, { doors: FORWARD })),
  ...['host', 'HOST', 'hOsT'].map((name) => taken(`${name} as the name`, (site) => request(site, { host: [`${name}: ${site.host}`] }))),
]

const without: readonly Row[] = [
  refused('no Host', 'request_malformed', (site) => request(site, { host: [] })),
  refused('no Host in HTTP/1.0', 'request_malformed', (site) => request(site, { host: [], version: 'HTTP/1.0' })),
  ...['Host', 'host', 'HOST'].flatMap((name) => [(site: Site) => site.host, () => 'evil.example', () => '', () => '127.0.0.1'].map((value, at) =>
    refused(`Host, and ${name} again (${at})`, 'request_ambiguous', (site) => request(site, { host: [`Host: ${site.host}`, `${name}: ${value(site)}`] })))),
  ...['evil.example', '', '127.0.0.1'].map((first) => refused(`${JSON.stringify(first)} before the right Host`, 'request_ambiguous', (site) => request(site,
    { host: [`Host: ${first}`, `Host: ${site.host}`] }))),
  ...['Host ', 'Host\t', ' Host', 'Host\0', 'Ho st', 'Host\x0b', 'Host\xa0', '\0Host'].map((name) => refused(`${JSON.stringify(name)} as the name`,
    'request_malformed', (site) => request(site, { host: [`${name}: ${site.host}`] }))),
  ...['Host ', ' Host', 'Host\t'].map((name) => refused(`${JSON.stringify(name)} beside Host`, 'request_malformed', (site) => request(site,
    { fields: [`${name}: evil.example`] }))),
  refused('a folded Host', 'request_malformed', (site) => request(site, { host: ['Host:', ` ${site.host}`] })),
  refused('a Host that goes on', 'request_malformed', (site) => request(site, { host: [`Host: ${site.host}`, ' evil.example'] })),
  refused('a Host after a bare LF', 'request_malformed', (site) => request(site, { host: [`X-A: b\nHost: ${site.host}`] })),
  refused('a Host after a bare CR', 'request_malformed', (site) => request(site, { host: [`X-A: b\rHost: ${site.host}`] })),
  ...['X-Forwarded-Host', 'X-Host', 'Forwarded', 'X-Original-Host', 'X-Forwarded-Server', 'X-HTTP-Host-Override', 'X-Original-URL', 'X-Rewrite-URL',
    'X-Forwarded-Proto', 'X-Forwarded-Port', 'X-Forwarded-Prefix'].map((name) =>
    taken(`${name} says another`, (site) => request(site, { fields: [`${name}: evil.example`] }))),
]

/** Targets that name another host than the tunnel or the Host field. */
const targets: readonly Row[] = [
  ...[...ADDRESSES, ...MISSPELT, ...OTHERS].map((host) =>
    // A slash or `?` ends the authority: what is left is a good host and another path, judged as such.
    refused(`https://${JSON.stringify(short(host))}/`, [...NOT_OURS, 'host_not_served', 'path_refused', 'integration_unknown', 'operation_unknown'],
      (site) => request(site, { target: `https://${bytesOf(host)}${site.path}` }), { doors: FORWARD }))
    .filter(({ name }) => !/internal[/?]/.test(name)),
  ...['HTTPS', 'Https', 'http', 'ftp', 'ws', 'wss', 'file', 'gopher', 'javascript', 'data', 'https:https', 'h2c', 'unix', '', '//',
    'view-source:https'].map((scheme) =>
    refused(`the scheme ${JSON.stringify(scheme)}`, ['request_malformed', 'authority_mismatch', 'host_not_served', 'path_refused', 'host_refused',
      'operation_unknown'], (site) => request(site, { target: `${scheme}://${GOOD}${site.path}` }), { doors: FORWARD })),
  ...['*', GOOD, `${GOOD}:443`, 'v1/a', './v1', '../v1', '?a', '#', 'https:', 'https:/', 'https://', 'https:///v1/a', 'https:recorder.internal/v1',
    'https:/recorder.internal/v1', 'https:\\\\recorder.internal/v1', '\\v1', ';', 'about:blank', '%2fv1', '.', '..'].flatMap((target) =>
    refused(`the target ${target}`, ['request_malformed', 'host_refused', 'path_refused', 'integration_unknown'], (site) => request(site, { target }))),
  taken('the tunnel’s own host in absolute form', (site) => request(site, { target: `https://${GOOD}${site.path}` }), {}, { doors: ['tunnel'] }),
  taken('the tunnel’s own host in capitals', (site) => request(site, { target: `https://RECORDER.Internal:443${site.path}` }), {}, { doors: ['tunnel'] }),
]

/** In reverse mode Host is our own name: anything that is no name at all is refused. */
const own: readonly Row[] = ['', 'a b', 'a@b', 'a/b', 'a:b', 'a:', 'a:0', 'a:65536', 'a:1:2', '[::', '[::zz]', '[::1', '::1', 'a_b', 'a%62', 'a\0b', 'a,b', '"a"',
  'a..b', '-a', 'a.', '\xe9', '[127.0.0.1]', '[::1%25lo]', 'a:b@c', '//a', 'http://a', 'a#b', 'a?b', 'a\\b', '127.1', '0x7f.1', '256.1.1.1'].map((host) =>
  refused(`Host: ${JSON.stringify(host)}`, ['host_refused', 'request_malformed'], (site) => request(site, { host: [`Host: ${host}`] }), { doors: ['reverse'] }))

/** Prefixes that are no integration's name to us, and could be one to a server. */
const prefixes: readonly Row[] = ['Recorder', 'RECORDER', '%72ecorder', 'recorder.', '.recorder', 'recorder%20', 'recorder;', 'recorder;a=b', 'recorder:443',
  'recorder@evil', 'recorder%2F', 'recorder_', '-recorder', 'recorder-', 'r', 'recorders', 'x/recorder', '~recorder', 'recorder,', 'recorder+', 'recorder%00',
  'recorder%0a', 'recorder\\', '*', '$', 'https://recorder', '__proto__', 'constructor', 'toString', 'hasOwnProperty'].map((prefix) =>
  refused(`/${prefix}/…`, ['integration_unknown', 'path_refused', 'request_malformed', 'operation_unknown'], (site) => request(site,
    { target: `/${prefix}${site.path}` }), { doors: ['reverse'] }))

function short(text: string): string {
  return text.length > 40 ? `${text.slice(0, 20)}… of ${text.length}` : text
}

export const hostFamilies: readonly Family[] = [
  { family: 'Host fields', rows: [...fields, ...without, ...own] },
  { family: 'targets', rows: [...targets, ...prefixes] },
]
