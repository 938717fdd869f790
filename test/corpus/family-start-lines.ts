import { hidden, post, refused, request, taken, type Family, type Row, type Site } from './corpus-case.ts'

const METHODS_REFUSED = ['TRACE', 'TRACK', 'DEBUG', 'CONNECTX', 'PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'PURGE', 'SEARCH', 'LINK',
  'UNLINK', 'REPORT', 'MKACTIVITY', 'CHECKOUT', 'MERGE', 'BIND', 'REBIND', 'ACL', 'SUBSCRIBE', 'NOTIFY', 'M-SEARCH', 'SOURCE', 'FROB', 'A', 'QUERY', 'MKCALENDAR',
  'UNBIND', 'UNSUBSCRIBE', 'PRI', 'GETS', 'XGET']
const NO_METHODS = ['get', 'Get', 'gET', 'GE T', 'GET\0', 'GET\t', '\tGET', ' GET', 'GET,POST', 'G\xcaT', '', '"GET"', 'GET;', 'GET/', 'HTTP/1.1',
  '\xef\xbb\xbfGET', 'GET\r', '\0', '{', '%47ET', 'GET_', '-GET', 'DESCRIBE rtsp://a RTSP/1.0\r\nX: y\r\n\r\nGET']
const VERSIONS = ['HTTP/0.9', 'HTTP/1.2', 'HTTP/1.9', 'HTTP/2', 'HTTP/2.0', 'HTTP/3', 'HTTP/3.0', 'HTTP/9.9', 'HTTP/11', 'HTTP/1', 'HTTP/1.', 'HTTP/.1',
  'HTTP/1.1.1', 'HTTP/01.1', 'HTTP/1.01', 'HTTP/1.10', 'HTTP/+1.1', 'HTTP/1,1', 'HTTP/1.x', 'HTTP /1.1', 'HTTP/ 1.1', 'HTTP/1 .1', 'HTTP/1.1 ', 'HTTP/1.1\t',
  'HTTP/1.1 x', 'http/1.1', 'Http/1.1', 'HTTP', 'HTTP/', '/1.1', 'HTTPS/1.1', 'XHTTP/1.1', 'ICE/1.0', 'SIP/2.0', '1.1', 'HTTP\\1.1', 'HTTP/1.1\0', 'HTTP/\xb1.1',
  'HTTP/-1.1', 'HTTP/0x1.1', 'HTTP/10.1', 'HTTP/1.1HTTP/1.1']

const methods: readonly Row[] = [
  ...METHODS_REFUSED.map((method) => refused(method, ['method_refused', 'request_malformed', 'tunnel_not_intercepted'], (site) => request(site,
    { method }) + hidden(site))),
  ...NO_METHODS.map((method) => refused(JSON.stringify(method), ['request_malformed', 'method_refused'], (site) => request(site, { method }) + hidden(site))),
  ...['PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => refused(`${method}, which is no operation here`, ['operation_unknown', 'policy_denied'],
    (site) => request(site, { method, fields: ['Content-Length: 0'] }))),
  taken('HEAD', (site) => request(site, { method: 'HEAD', fields: ['Connection: close'] }), { method: 'HEAD' }),
  taken('POST of nothing', (site) => post(site, ['Content-Length: 0']), { method: 'POST' }),
  taken('POST without a length', (site) => post(site, []), { method: 'POST' }),
]

/** Ends of lines, by position: the request line, a field, the last field, the empty line. */
const ENDS: readonly (readonly [string, string])[] = [['LF', '\n'], ['CR', '\r'], ['CR CR LF', '\r\r\n'], ['LF CR', '\n\r'], ['NUL CR LF', '\0\r\n'], ['VT',
  '\x0b'], ['NEL', '\x85'], ['space CR LF at the empty line', '\r\n \r\n']]
const ends: readonly Row[] = ENDS.flatMap(([name, end]) => [
  ['the request line', (text: string) => text.replace('\r\n', end)],
  ['the Host field', (text: string) => text.replace(/(Host: [^\r]*)\r\n/, `$1${end}`)],
  ['the last field', (text: string) => text.replace(/X-Last: a\r\n/, `X-Last: a${end}`)],
  ['every line', (text: string) => text.replaceAll('\r\n', end)],
].map(([where, change]) => refused(`${name} for the end of ${where as string}`, ['request_malformed', 'request_ambiguous', 'cut', 'method_refused',
  'host_refused', 'authority_mismatch'], (site) =>
  (change as (text: string) => string)(request(site, { fields: ['X-Last: a'] })) + hidden(site), { thenEnds: true })))

const shapes: readonly Row[] = [
  ...VERSIONS.map((version) => refused(JSON.stringify(version), ['request_malformed', 'tunnel_not_intercepted', 'method_refused'], (site) => request(site,
    { version }) + hidden(site))),
  refused('no version', 'request_malformed', (site) => `GET ${site.target(site.path)}\r\n${hidden(site)}`),
  refused('no target', 'request_malformed', (site) => `GET HTTP/1.1\r\nHost: ${site.host}\r\n\r\n${hidden(site)}`),
  refused('a method alone', 'request_malformed', (site) => `GET\r\n\r\n${hidden(site)}`),
  // The parser passes over further spaces (RFC 9112 section 3 allows it) and takes RTSP's version for 1.0; what goes out is one plain HTTP/1.1 line.
  taken('two spaces before the target', (site) => request(site, { target: ` ${site.target(site.path)}` })),
  taken('two spaces after the target', (site) => request(site, { target: `${site.target(site.path)} ` })),
  taken('the version of RTSP', (site) => request(site, { version: 'RTSP/1.0' })),
  refused('tabs for spaces', 'request_malformed', (site) => request(site).replaceAll(' ', '\t') + hidden(site)),
  refused('a space within the target', 'request_malformed', (site) => request(site, { target: `${site.target(site.path)} /x` }) + hidden(site)),
  refused('an answer in place of a request', ['request_malformed', 'method_refused'], (site) => `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n${hidden(site)}`),
  refused('the preface of HTTP/2', ['tunnel_not_intercepted', 'request_malformed'], () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'),
  refused('TLS inside', ['request_malformed', 'method_refused'], (site) => `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${hidden(site)}`),
  ...['SSH-2.0-OpenSSH\r\n', 'EHLO a\r\n', '*1\r\n$4\r\nPING\r\n', 'USER anonymous\r\n', '\0\0\0\0', '\x05\x01\x00', '\x04\x01\x00\x50\x7f\x00\x00\x01\x00',
    '{"jsonrpc":"2.0"}\r\n\r\n', 'PROXY TCP4 127.0.0.1 127.0.0.1 1 443\r\n', '\r\n\r\n\0\r\nQUIT\n', 'MGLNDD\r\n\r\n', '<policy-file-request/>\0'].map((bytes) =>
    refused(`another protocol: ${JSON.stringify(bytes.slice(0, 20))}`, ['request_malformed', 'method_refused'], (site) => bytes + hidden(site))),
  taken('blank lines before a request', (site) => `\r\n\r\n${request(site)}`),
  refused('LFs before a request', ['request_malformed', 'method_refused'], (site) => `\n\n \n${request(site)}`),
]

const BIG = 3_000
const limits: readonly Row[] = [
  refused('a target over the bound', 'uri_too_long', (site) => request(site, { target: site.target(`${site.path}/${'a'.repeat(BIG)}`) })),
  refused('a query over the bound', 'uri_too_long', (site) => request(site, { target: site.target(`${site.path}?${'a'.repeat(BIG)}`) })),
  refused('a target over every bound', 'headers_too_large', (site) => request(site, { target: site.target(`${site.path}/${'a'.repeat(40_000)}`) })),
  refused('a field over the bound', 'headers_too_large', (site) => request(site, { fields: [`X-A: ${'a'.repeat(40_000)}`] })),
  refused('a name over the bound', 'headers_too_large', (site) => request(site, { fields: [`${'A'.repeat(40_000)}: a`] })),
  refused('fields over the bound together', 'headers_too_large', (site) => request(site,
    { fields: Array.from({ length: 60 }, (_, at) => `X-${at}: ${'a'.repeat(600)}`) })),
  refused('more fields than are taken', 'headers_too_large', (site) => request(site, { fields: Array.from({ length: 101 }, (_, at) => `X-${at}: a`) })),
  refused('fields without end', 'headers_too_large', (site) => request(site, { fields: Array.from({ length: 6_000 }, () => 'X: a') })),
  refused('empty fields without end', 'headers_too_large', (site) => request(site, { fields: Array.from({ length: 9_000 }, () => 'X:') })),
]

/** Nothing is taken from a connection on which something was refused. */
const BAD: readonly (readonly [string, (site: Site) => string])[] = [
  ['a bad length', (site) => post(site, ['Content-Length: x'])], ['two lengths', (site) => post(site, ['Content-Length: 0', 'Content-Length: 0'])],
    ['a dot segment', (site) => request(site, { target: site.target(`${site.path}/../x`) })], ['an underscore', (site) => request(site, { fields: ['a_b: c'] })],
  ['TRACE', (site) => request(site, { method: 'TRACE' })], ['a bare LF', (site) => request(site).replace('\r\n', '\n')], ['two Hosts',
    (site) => request(site, { host: [`Host: ${site.host}`, `Host: ${site.host}`] })], ['a body on GET',
    (site) => request(site, { fields: ['Content-Length: 5'], body: 'hello' })],
  ['an override', (site) => request(site, { fields: ['X-HTTP-Method-Override: GET'] })], ['an expectation', (site) => request(site, { fields: ['Expect: x'] })],
]
const behind: readonly Row[] = BAD.flatMap(([name, write]): Row[] => [
  refused(`${name}, and then three good requests`, ['request_ambiguous', 'path_refused', 'header_refused', 'method_refused', 'request_malformed', 'body_refused',
    'expectation_refused'], (site) => write(site) + hidden(site).repeat(3)),
  { ...taken(`a good request, ${name}, and a good one`, (site) => request(site) + write(site) + hidden(site)), answers: ['ok',
    ['request_ambiguous', 'path_refused', 'header_refused', 'method_refused', 'request_malformed', 'body_refused', 'expectation_refused']] },
  { ...taken(`a POST, ${name}, and a good one`, (site) => post(site, ['Content-Length: 2'], 'ab') + write(site) + hidden(site), { method: 'POST', body: 'ab' }),
    answers: ['ok', ['request_ambiguous', 'path_refused', 'header_refused', 'method_refused', 'request_malformed', 'body_refused', 'expectation_refused']] },
])

export const startLineFamilies: readonly Family[] = [
  { family: 'methods', rows: methods },
  { family: 'ends of lines', rows: ends },
  { family: 'start lines', rows: shapes },
  { family: 'bounds', rows: limits },
  { family: 'behind an error', rows: behind },
]
