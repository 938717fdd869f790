import { ADDRESSES, MISSPELT } from '../family-hosts.ts'
import { data, get, head, open, refusedH2, takenH2, takenOrRefusedH2, whole, type Fields, type H2Family, type H2Outcome, type H2Row, type H2Site } from './h2-case.ts'

const RESET: readonly H2Outcome[] = ['reset PROTOCOL_ERROR']
const NOT_OURS: readonly H2Outcome[] = ['host_refused', 'authority_mismatch', ...RESET]
const NAMES = [':method', ':scheme', ':authority', ':path'] as const
type Pseudo = (typeof NAMES)[number]

const bytesOf = (text: string): string => ([...text].some((character) => character.charCodeAt(0) > 255) ? Buffer.from(text).toString('latin1') : text)
const valueOf = (site: H2Site, name: Pseudo): string => head(site).find(([field]) => field === name)?.[1] ?? ''
const OTHER: Readonly<Record<Pseudo, string>> = { ':method': 'POST', ':scheme': 'http', ':authority': 'evil.example', ':path': '/v1/other' }
const without = (site: H2Site, name: Pseudo): Fields => head(site).filter(([field]) => field !== name)

const shapes: readonly H2Row[] = [
  ...NAMES.flatMap((name) => [
    ...(name === ':authority' ? [] : [refusedH2(`no ${name}`, RESET, (site) => whole(without(site, name)))]),
    refusedH2(`${name} twice`, RESET, (site) => whole([[name, valueOf(site, name)], ...head(site)])),
    refusedH2(`${name}, and then another`, RESET, (site) => whole([...head(site).slice(0, 4), [name, OTHER[name]], ...site.proof])),
    refusedH2(`another ${name}, and then the right one`, RESET, (site) => whole([[name, OTHER[name]], ...head(site)])),
    refusedH2(`${name} behind a field`, RESET, (site) => whole([...without(site, name), ['accept', 'a/b'], [name, valueOf(site, name)]])),
    refusedH2(`${name} again behind a field`, RESET, (site) => whole([...head(site), ['accept', 'a/b'], [name, OTHER[name]]])),
    refusedH2(`${name} in capitals`, RESET, (site) => whole([[name.toUpperCase(), valueOf(site, name)], ...without(site, name)])),
    refusedH2(`${name} with one capital`, RESET, (site) => whole([[`:${(name[1] ?? '').toUpperCase()}${name.slice(2)}`, valueOf(site, name)], ...without(site, name)])),
    refusedH2(`${name} without its colon`, name === ':authority' ? NOT_OURS : RESET, (site) => whole([...without(site, name), [name.slice(1), valueOf(site, name)]])),
    ...['\r', '\n', '\r\n', '\0', '\t', '\x7f', '\x01', '\x80', ' '].map((letter) =>
      refusedH2(`${JSON.stringify(letter)} in ${name}`, ['path_refused', ...RESET], (site) => get(site, { [name]: `${valueOf(site, name)}${letter}x` }))),
    ...['\r\n', ' ', '\t'].flatMap((letter) => [`${letter}X`, `X${letter}`].map((text) =>
      refusedH2(`${JSON.stringify(text.replace('X', name))}`, ['path_refused', ...RESET], (site) => get(site, { [name]: text.replace('X', valueOf(site, name)) })))),
    refusedH2(`an empty ${name}`, ['path_refused', ...RESET], (site) => get(site, { [name]: '' })),
  ]),
  ...[':', ':x', ':host', ':status', ':version', ':user', ':protocol', '::path', ':path ', ':path\0', ':path:', ':method\r\n', ':scheme_', ':authorization',
    ':cookie', ':transfer-encoding', ':content-length'].flatMap((name) => [
    refusedH2(`${JSON.stringify(name)} beside the four`, RESET, (site) => whole([...head(site).slice(0, 4), [name, 'x'], ...site.proof])),
  ]),
  takenH2('the four the other way round', (site) => whole([...head(site).slice(0, 4).toReversed(), ...site.proof])),
]

const METHODS = ['get', 'Get', 'GETT', 'G', 'GET ', 'GET /', 'GET / HTTP/1.1', 'GET\tPOST', 'TRACE', 'TRACK', 'DEBUG', 'PRI', 'SEARCH', 'PROPFIND', 'PURGE', 'MOVE',
  'COPY', 'LINK', 'M-SEARCH', 'X', '*', '', '/', 'GET,POST',
  'GET;POST', '"GET"', 'GET\r\nX: y', 'GET\0', '\xe9', 'POST\n', 'HTTP/1.1', 'a'.repeat(1_000), '__proto__', 'CONNECTX']
const SCHEMES = ['http', 'HTTP', 'ftp', 'ws', 'wss', 'file', 'https:', 'https://', 'https://evil.example', 'https://evil.example/x?', 'javascript', 'h2c', '',
  ' https', 'https ', 'https\r\n', 'https\0', 'http/https', '/', ':', 'https,http', '443']
const words: readonly H2Row[] = [
  ...METHODS.map((method) => refusedH2(`:method ${JSON.stringify(method.slice(0, 30))}`, ['method_refused', ...RESET], (site) => get(site, { ':method': method }))),
  ...['PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => refusedH2(`:method ${method}, which no route has`, 'operation_unknown', (site) => get(site, { ':method': method }))),
  takenH2('HEAD', (site) => get(site, { ':method': 'HEAD' }), { method: 'HEAD' }),
  takenH2('POST of nothing', (site) => get(site, { ':method': 'POST' }), { method: 'POST' }),
  ...SCHEMES.map((scheme) => refusedH2(`:scheme ${JSON.stringify(scheme)}`, ['authority_mismatch', ...RESET], (site) => get(site, { ':scheme': scheme }))),
  refusedH2(':scheme in capitals', 'authority_mismatch', (site) => get(site, { ':scheme': 'HTTPS' })),
]

/** In place of the case's own path. */
const PATHS = ['*', '', 'v1/a', './v1/a', '../v1/a', '?a', '#', ' ', '\\v1\\a', '%2fv1', ';', 'http://one.internal/v1/a', 'https://one.internal/v1/a',
  'https://two.internal/v1/a', 'https://evil.example/', 'one.internal:443', 'about:blank', '//', '//evil.example/v1/a',
  '///v1', '/\\evil.example', '/http://evil.example/', '/https:/evil.example/']
/** Behind it. */
const ENDINGS = ['/..', '/../a', '/./a', '/.', '//', '//a', '/%2e%2e/a', '/..%2fa', '/%2e', '/..;/a', '/%00', '/%0d%0aX:%20y', '/%5c', '/\\', '/a\\..\\b', '#a',
  '/a#b', '?a#b', '/%', '/%zz', '/%c0%ae', '/%ff', '/"', '/<a>', '?%00', '?a=%',
  ' HTTP/1.1', ' HTTP/1.1\r\nHost: evil.example', ' HTTP/1.1\r\n\r\n', '\r\nX-A: b', '\n', '\0', '\t/a', '\xe9', '?\xff', '?a b', '?a\r\nb', '/a\x0bb', '/\x1b[0m',
    '?\x7f']
const paths: readonly H2Row[] = [
  ...PATHS.map((path) => refusedH2(`:path ${JSON.stringify(path)}`, ['path_refused', 'integration_unknown',
    'operation_unknown', ...RESET], (site) => get(site, { ':path': path }))),
  ...ENDINGS.map((ending) => refusedH2(`:path with ${JSON.stringify(ending)}`, ['path_refused', ...RESET], (site) => get(site, { ':path': site.target(site.path) + ending }))),
  ...['', '/', '/a', '/...', '/a;b', '?', '?a=b', '?a=/../b', '?a=//b', '?a=https://evil.example/', '/%20', '/%C3%A9', '?a=%0d%0aX:%20y', '/:method',
    '/a:b'].map((ending) =>
    takenH2(`:path with ${JSON.stringify(ending)} is a path`, (site) => get(site, { ':path': site.target(site.path) + ending }), (site) => ({ target: site.path + ending }))),
  refusedH2('a :path over its bound', 'uri_too_long', (site) => get(site, { ':path': site.target(`${site.path}/${'a'.repeat(3_000)}`) })),
  refusedH2('a :path over every bound', 'uri_too_long', (site) => get(site, { ':path': site.target(`${site.path}/${'a'.repeat(15_000)}`) })),
]

const TUNNEL = { doors: ['tunnel'] } as const
const LISTENER = { doors: ['listener'] } as const
const spelt = (site: H2Site, host: string): string => bytesOf(host.replaceAll('recorder.internal', site.authority))
const NOT_SERVED = ['evil.example', 'internal', 'one', 'one.internal.evil.example', 'xone.internal', 'x.one.internal', 'recorder.internal:80',
  'recorder.internal:8443', 'localhost', 'api.github.com', 'three.internal', '0ne.internal']
const authorities: readonly H2Row[] = [
  ...[...ADDRESSES, ...MISSPELT, ...NOT_SERVED].map((host) => refusedH2(`:authority ${JSON.stringify(host.slice(0, 40))}`, NOT_OURS, (site) => get(site, { ':authority': spelt(site, host) }), TUNNEL)),
  ...['', 'a b', 'a@b', 'a/b', 'a:b', 'a:', 'a:0', 'a:65536', 'a:1:2', '[::', '[::zz]', '::1', 'a_b', 'a%62', 'a\0b', 'a,b', '"a"', 'a..b', '-a', '\xe9',
    '[127.0.0.1]', 'a:b@c', '//a', 'http://a', 'a#b', 'a?b', 'a\\b', '127.1', '0x7f.1', '256.1.1.1'].map((host) =>
    refusedH2(`:authority ${JSON.stringify(host)} of our own`, NOT_OURS, (site) => get(site, { ':authority': host }), LISTENER)),
  ...(['recorder.internal:443', 'RECORDER.INTERNAL'] as const).map((host) => takenH2(`:authority ${host}`, (site) => get(site, { ':authority': host.startsWith('R') ? site.authority.toUpperCase() : spelt(site, host) }), {}, TUNNEL)),
  refusedH2('neither :authority nor host', NOT_OURS, (site) => whole(without(site, ':authority'))),
  takenH2('host in place of :authority', (site) => whole([...without(site, ':authority'), ['host', site.authority]])),
  takenH2('host beside :authority, the same', (site) => get(site, { fields: [['host', site.authority]] })),
  takenOrRefusedH2('host beside :authority in capitals', NOT_OURS, (site) => get(site, { fields: [['host', site.authority.toUpperCase()]] })),
  ...['evil.example', '', '127.0.0.1', 'x', 'one.internal.', 'one.internal:80', 'localhost:1', 'two.internal.evil.example'].flatMap((host) => [
    refusedH2(`host ${JSON.stringify(host)} beside :authority`, NOT_OURS, (site) => get(site, { fields: [['host', host]] })),
    refusedH2(`host ${JSON.stringify(host)} in place of :authority`, NOT_OURS, (site) => whole([...without(site, ':authority'), ['host', host]]), TUNNEL),
  ]),
  ...([['the same', ''], ['another first', 'evil.example'], ['an empty one',
    '']] as const).map(([name, value], at) => refusedH2(`host twice, ${name}`, NOT_OURS, (site) =>
    get(site, { fields: [['host', at === 0 ? site.authority : value], ['host', site.authority]] }))),
]

const CONNECT: readonly H2Outcome[] = ['reset HTTP_1_1_REQUIRED', ...RESET]
const connect = (fields: Fields) => (site: H2Site): Buffer => whole([[':method', 'CONNECT'], ...fields, ...site.proof])
const connects: readonly H2Row[] = [
  ...['one.internal:443', 'two.internal:443', 'evil.example:443', '127.0.0.1:22', 'one.internal', ':443', '', 'metadata.google.internal:80', '[::1]:443',
    'one.internal:443\r\n'].map((authority) =>
    refusedH2(`CONNECT ${JSON.stringify(authority)}`, CONNECT, connect([[':authority', authority]]))),
  refusedH2('CONNECT without :authority', CONNECT, connect([])),
  refusedH2('CONNECT by host', CONNECT, connect([['host', 'one.internal:443']])),
  refusedH2('CONNECT with :scheme', CONNECT, connect([[':authority', 'one.internal:443'], [':scheme', 'https']])),
  refusedH2('CONNECT with :path', CONNECT, connect([[':authority', 'one.internal:443'], [':path', '/']])),
  refusedH2('CONNECT with all of a request', CONNECT, (site) => get(site, { ':method': 'CONNECT' })),
  refusedH2('CONNECT with bytes for its tunnel', CONNECT, (site) => Buffer.concat([open([[':method', 'CONNECT'], [':authority',
    'one.internal:443'], ...site.proof]), data('GET / HTTP/1.1\r\n\r\n')])),
  ...['websocket', 'connect-udp', 'connect-ip', 'webtransport', 'h2c', '', 'WebSocket', 'x\r\ny'].map((protocol) =>
    refusedH2(`an extended CONNECT for ${JSON.stringify(protocol)}`, CONNECT, (site) => whole([[':method', 'CONNECT'],
      [':protocol', protocol], ...head(site).slice(1)]))),
  ...['GET', 'POST'].map((method) => refusedH2(`:protocol on ${method}`, RESET, (site) => whole([[':method', method], [':protocol',
    'websocket'], ...head(site).slice(1)]))),
  refusedH2('an extended CONNECT twice over', CONNECT, (site) => whole([[':method', 'CONNECT'], [':protocol', 'websocket'], [':protocol',
    'websocket'], ...head(site).slice(1)])),
]

export const pseudoFamilies: readonly H2Family[] = [
  { family: 'h2: pseudo-header fields', rows: [...shapes, ...words] },
  { family: 'h2: paths', rows: paths },
  { family: 'h2: authorities', rows: authorities },
  { family: 'h2: CONNECT', rows: connects },
]
