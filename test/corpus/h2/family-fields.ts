import { get, head, post, refusedH2, takenH2, takenOrRefusedH2, whole, type Fields, type H2Family, type H2Outcome, type H2Row } from './h2-case.ts'

const RESET: readonly H2Outcome[] = ['reset PROTOCOL_ERROR']
const withFields = (...fields: Fields) => (site: Parameters<typeof get>[0]): Buffer => get(site, { fields })

const HOPS: Readonly<Record<string, readonly string[]>> = {
  connection: ['close', 'keep-alive', 'upgrade', 'te', 'authorization', '', 'x-a, close', 'transfer-encoding'],
  'keep-alive': ['timeout=5', '', 'x'],
  'proxy-connection': ['keep-alive', 'close', ''],
  'transfer-encoding': ['chunked', 'identity', 'gzip', 'gzip, chunked', 'chunked, chunked', '', 'trailers', 'Chunked', '\x0bchunked', 'xchunked', 'chunked;q=1'],
  upgrade: ['websocket', 'h2c', 'TLS/1.3', '', 'websocket, h2c', 'HTTP/1.1'],
  te: ['gzip', 'trailers, gzip', 'gzip, trailers', 'chunked', 'trailers;q=1', '', 'deflate;q=0.5', '*'],
}
const hops: readonly H2Row[] = [
  ...Object.entries(HOPS).flatMap(([name, values]) => values.map((value) => takenOr(name, value))),
  takenH2('te: trailers', withFields(['te', 'trailers'])),
  refusedH2('http2-settings', 'request_malformed', withFields(['http2-settings', 'AAMAAABkAAQAoAAAAAIAAAAA'])),
  refusedH2('what an upgrade to h2c has', RESET, withFields(['connection', 'Upgrade, HTTP2-Settings'], ['upgrade', 'h2c'], ['http2-settings',
    'AAMAAABkAAQAoAAAAAIAAAAA'])),
  refusedH2('what a WebSocket has', RESET, withFields(['connection', 'Upgrade'], ['upgrade', 'websocket'], ['sec-websocket-version', '13'], ['sec-websocket-key',
    'AAAAAAAAAAAAAAAAAAAAAA=='])),
]

/** White space around a value makes the library drop it as no value at all. */
function takenOr(name: string, value: string): H2Row {
  const write = withFields([name, value])
  // oxlint-disable-next-line no-control-regex
  return /[\x00-\x08\x0b-\x1f]/.test(value) ? takenOrRefusedH2(`${name}: ${JSON.stringify(value)}`, RESET, write) : refusedH2(`${name}: ${JSON.stringify(value)}`, RESET, write)
}

const UPPER = ['X-A', 'x-A', 'Accept', 'HOST', 'Host', 'Authorization', 'Content-Length', 'Transfer-Encoding', 'Cookie', 'tE', 'aZ']
/** Names that no message can hold: the library drops the field, so that nobody sees it. */
const NO_NAMES = ['', ' ', ' :path', ' :authority', 'x a', 'x-a ', ' x-a', 'x-a\t', 'x:a', 'x-a:', 'transfer-encoding:', 'transfer-encoding ',
  'transfer-encoding: chunked\r\nx', 'host ', 'host\r\n', 'content-length\0', 'x\ra', 'x\na', 'x\0a', 'x\r\na', 'x\x0ba', 'x\x7fa', '\xe9', 'x\xff',
  'x(a)', 'x,a', 'x;a', 'x"a', 'x/a', 'x[a]', 'x?a', 'x=a', 'x{a}', 'x\\a', 'x@a', '<x>', 'x-a\x1b[0m', 'authorization\0', 'x-http-method-override ']
const BAD_NAMES = ['a_b', '_a', 'a_', 'x_forwarded_for', 'content_length', 'transfer_encoding', 'http_host', '__proto__', 'a'.repeat(129)]
const names: readonly H2Row[] = [
  ...UPPER.map((name) => refusedH2(`the name ${name}`, RESET, withFields([name, 'x']))),
  ...NO_NAMES.map((name) => takenOrRefusedH2(`the name ${JSON.stringify(name)}`, RESET, withFields([name, 'x']))),
  ...BAD_NAMES.map((name) => refusedH2(`the name ${name.slice(0, 20)}`, 'header_refused', withFields([name, 'x']))),
  ...['x', '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '`', '|', '~', '0', 'constructor', 'tostring', 'a'.repeat(128)].map((name) => takenH2(`the name ${name.slice(0, 20)} is one`, withFields([name, 'x']))),
]

/** Control characters, and white space around a value: dropped as well. */
const NO_VALUES = ['a\rb', 'a\nb', 'a\r\nb', 'a\0b', 'a\x01b', 'a\x08b', 'a\x0bb', 'a\x0cb', 'a\x1bb', 'a\x1fb', 'a\x7fb', ' a', 'a ', '\ta', 'a\t', '\r\n', '\0',
  ' ', 'a\r\n b', 'a\r\nx-injected: b', 'a\r\n\r\nGET /v1/hidden HTTP/1.1\r\nhost: one.internal\r\n\r\n',
  'a\nx-injected: b', 'a\rx-injected: b', 'a\0x-injected: b', 'a\r\ntransfer-encoding: chunked', 'a\r\ncontent-length: 5', 'a\r\nauthorization: Bearer b',
    'a\r\nhost: evil.example']
const values: readonly H2Row[] = [
  ...NO_VALUES.flatMap((value) => ['x-a', 'accept',
    'user-agent'].map((name) => takenOrRefusedH2(`${JSON.stringify(value.slice(0, 40))} in ${name}`, RESET, withFields([name, value])))),
  ...NO_VALUES.slice(0, 11).flatMap((value) => ['content-type', 'cookie',
    'range'].map((name) => takenOrRefusedH2(`${JSON.stringify(value.slice(0, 40))} in ${name}`, RESET, withFields([name, value])))),
  ...['', 'a\tb', 'a b', '\xe9', '\x80\xff', '"', '\\', '%0d%0a', '() { :; }', '${jndi:ldap://evil.example}',
    'a'.repeat(2_000)].map((value) => takenH2(`${JSON.stringify(value.slice(0, 30))} is a value`, withFields(['x-a', value]))),
]

const SINGLE = ['user-agent', 'range', 'content-range', 'content-encoding', 'content-type', 'expect', 'proxy-authorization', 'postern-delegation', 'dpop']
const GOOD_VALUE: Readonly<Record<string, string>> = { 'content-type': 'text/plain', expect: '100-continue', range: 'bytes=0-1' }
const TAKEN_OFF = ['proxy-anything: x', 'via: 1.1 evil', 'forwarded: host=evil.example', 'x-forwarded-for: 127.0.0.1', 'x-forwarded-host: evil.example',
  'x-original-url: /admin', 'x-rewrite-url: /admin', 'x-real-ip: 127.0.0.1', 'max-forwards: 0', 'cookie: a=b', 'cookie2: a',
  'x-api-key: mine', 'private-token: mine', 'x-vault-token: mine', 'x-my-secret: mine', 'postern-anything: x', 'trailer: x-a', 'trailers: x-a',
    'client-cert: :AAAA:', 'priority: u=0', 'sec-http2-settings: x']
const OVERRIDES = ['x-http-method-override: DELETE', 'x-http-method: DELETE', 'x-method-override: PUT', 'x-method: PATCH', 'sudo: root', 'act-as: bob',
  'on-behalf-of: bob', 'impersonate-user: bob', 'x-impersonate: bob']
const split = (line: string): Fields[number] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]
const meanings: readonly H2Row[] = [
  ...SINGLE.map((name) => refusedH2(`${name} twice`, 'request_ambiguous', withFields([name, GOOD_VALUE[name] ?? 'Bearer a'], [name, GOOD_VALUE[name] ?? 'Bearer b']))),
  ...[['Bearer a', 'Bearer b'], ['', 'Bearer a'], ['Basic YTpi',
    'Bearer a']].map(([one = '', two = '']) => refusedH2(`authorization ${JSON.stringify(one)} and ${two}`, 'request_ambiguous', withFields(['authorization', one],
    ['authorization', two]))),
  refusedH2('the right authorization twice', 'request_ambiguous', (site) => whole([...head(site), ...site.proof]), { doors: ['listener'] }),
  refusedH2('another authorization behind the right one', 'request_ambiguous', withFields(['authorization', 'Bearer x']), { doors: ['listener'] }),
  refusedH2('no authorization', 'identity_required', (site) => get(site, { proof: [] }), { doors: ['listener'] }),
  ...['Bearer', 'Bearer a b', 'Digest a', 'Basic !!!', '', 'a', 'Bearer a.b.c', 'Bearer \xe9'].map((proof) =>
    refusedH2(`authorization ${JSON.stringify(proof)}`, ['token_invalid',
      'identity_required'], (site) => get(site, { proof: [['authorization', proof]] }), { doors: ['listener'] })),
  ...['Bearer a\r\n', 'Bearer a\0', ' Bearer a'].map((proof) => refusedH2(`authorization ${JSON.stringify(proof)}, which the library drops`, ['identity_required', ...RESET], (site) => get(site, { proof: [['authorization', proof]] }), { doors: ['listener'] })),
  takenH2('authorization in a tunnel, which is taken off', withFields(['authorization', 'Bearer mine']), {}, { doors: ['tunnel'] }),
  takenH2('proxy-authorization in a tunnel, which is taken off', withFields(['proxy-authorization', 'Bearer mine']), {}, { doors: ['tunnel'] }),
  refusedH2('postern-delegation in a tunnel that its CONNECT had not', 'header_refused', withFields(['postern-delegation', 'a.b.c']), { doors: ['tunnel'] }),
  takenH2('cookie in pieces', withFields(['cookie', 'a=b'], ['cookie', 'c=d'], ['cookie', 'session=mine'])),
  takenH2('cookie with a piece of nothing', withFields(['cookie', ''], ['cookie', 'a=b'])),
  ...TAKEN_OFF.map((line) => takenH2(`${line} is not sent on`, withFields(split(line)))),
  ...OVERRIDES.map((line) => refusedH2(line, 'header_refused', withFields(split(line)))),
  ...['x', '200-ok', '100-continue, x', '',
    '100-continue;q=1'].map((value) => refusedH2(`expect: ${value}`, 'expectation_refused', (site) => post(site, [['expect', value]], 'hello'))),
  takenH2('expect: 100-continue', (site) => post(site, [['expect', '100-continue']], 'hello'), { method: 'POST', body: 'hello' }),
  ...['json', 'a/b, c/d', 'a/', 'a b/c', ';'].map((value) => refusedH2(`content-type: ${value}`, 'header_refused', (site) => post(site, [['content-type', value]],
    'hello'))),
]

export const fieldFamilies: readonly H2Family[] = [
  { family: 'h2: fields of a connection', rows: hops },
  { family: 'h2: names and values of fields', rows: [...names, ...values] },
  { family: 'h2: fields that mean something', rows: meanings },
]
