import { hidden, refused, request, taken, type Family, type Row } from './corpus-case.ts'

const NO_TOKENS = ['a_b', '_a', 'a_', 'X_Forwarded_For', 'Authorization_', 'HTTP_HOST', 'a'.repeat(129), 'a_b_c', 'X-A_B', '__proto__']
const NO_NAMES = ['', ' ', 'a b', 'a\tb', '\ta', ' a', 'a ', 'a\t', 'a(b', 'a)b', '<a>', 'a@b', 'a,b', 'a;b', 'a"b', 'a/b', 'a[b', 'a]b', 'a?b', 'a=b', 'a{b',
  'a}b', 'a\\b', '\xe9', 'a\xff', '\0', 'a\0b', '\x01', 'a\x0bb', 'a\x7f', '\x1b[31m', 'a\xa0', '\xad', 'a\rb']
const CONTROLS = ['\0', '\x01', '\x02', '\x07', '\x08', '\x0b', '\x0c', '\r', '\x0e', '\x1b', '\x1f', '\x7f', '\n']
const ANYWHERE = ['X-A', 'Accept', 'User-Agent', 'Cookie', 'Via']

const names: readonly Row[] = [
  ...NO_TOKENS.map((name) => refused(JSON.stringify(name.slice(0, 30)), 'header_refused', (site) => request(site, { fields: [`${name}: x`] }))),
  ...NO_NAMES.map((name) => refused(JSON.stringify(name), 'request_malformed', (site) => request(site, { fields: [`${name}: x`] }) + hidden(site))),
  ...['X-A', 'x', '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '`', '|', '~', '0',
    'a'.repeat(128)].map((name) => taken(`${JSON.stringify(name.slice(0, 20))} is a name`, (site) => request(site, { fields: [`${name}: x`] }))),
]

const values: readonly Row[] = [
  ...CONTROLS.flatMap((control) => ANYWHERE.map((name) => refused(`${JSON.stringify(control)} in ${name}`, 'request_malformed', (site) => request(site,
    { fields: [`${name}: a${control}b`] }) + hidden(site)))),
  ...CONTROLS.map((control) => refused(`${JSON.stringify(control)} at the end`, 'request_malformed', (site) => request(site,
    { fields: [`X-A: a${control}`] }) + hidden(site))),
  ...['', ' ', 'a\tb', '\xe9', '\x80\xff', '"', '\\', '%0d%0a', '%00', '${jndi:ldap://evil.example}', '() { :; }', '../../',
    'a'.repeat(2_000)].map((value) => taken(`${JSON.stringify(value.slice(0, 30))} is a value`, (site) => request(site, { fields: [`X-A: ${value}`] }))),
  ...[' b', '\tb', '  X-B: c', '\tTransfer-Encoding: chunked', ' ', '\t'].flatMap((line) => [
    refused(`a line ${JSON.stringify(line)} after a field`, 'request_malformed', (site) => request(site, { fields: ['X-A: a', line] }) + hidden(site)),
    refused(`a line ${JSON.stringify(line)} first`, 'request_malformed', (site) => request(site, { host: [line, `Host: ${site.host}`] }) + hidden(site)),
  ]),
  ...['nonsense', 'GET / HTTP/1.1', 'X-A', ':', ': x', '::', '\0', '-', 'HTTP/1.1 200 OK'].map((line) => refused(`a line ${JSON.stringify(line)}`,
    'request_malformed', (site) => request(site, { fields: [line] }) + hidden(site))),
]

/** Fields of which two servers could each take another. */
const SINGLE = ['User-Agent', 'Range', 'Content-Range', 'Content-Encoding', 'Content-Type', 'Expect', 'Authorization', 'Proxy-Authorization',
  'Postern-Delegation', 'DPoP']
const GOOD_VALUE: Readonly<Record<string, string>> = { 'Content-Type': 'text/plain', Expect: '100-continue', Range: 'bytes=0-1' }
const twice: readonly Row[] = SINGLE.flatMap((name) => [name, name.toLowerCase(), name.toUpperCase()].map((again) =>
  refused(`${name} and ${again}`, 'request_ambiguous', (site) => request(site,
    { fields: [`${name}: ${GOOD_VALUE[name] ?? 'Bearer a'}`, `${again}: ${GOOD_VALUE[name] ?? 'Bearer b'}`] }))))

const CONNECTION_NAMED = ['Authorization', 'Host', 'Content-Length', 'Transfer-Encoding', 'X-A', 'Cookie', 'close, Authorization', 'keep-alive, X-A',
  'X-A, close', ',', '', 'close,', ', close', 'close;q=1', '"close"', 'TE', 'trailer', 'Proxy-Authorization', 'Postern-Delegation', 'User-Agent', 'close close',
  '*', 'Content-Type, close', 'Accept', 'Expect', 'x'.repeat(500)]
const hops: readonly Row[] = [
  ...CONNECTION_NAMED.map((value) => refused(`Connection: ${value.slice(0, 40)}`, 'header_refused', (site) => request(site,
    { fields: ['X-A: b', `Connection: ${value}`] }))),
  ...['close', 'Close', 'keep-alive', 'Keep-Alive', 'keep-alive, close', 'close , keep-alive'].map((value) => taken(`Connection: ${value}`,
    (site) => request(site, { fields: [`Connection: ${value}`] }))),
  refused('two Connections, one that names a field', 'header_refused', (site) => request(site, { fields: ['Connection: keep-alive', 'Connection: X-A', 'X-A: b'] })),
  // What is the hop's, or says where from, or is a credential of the client's own: taken, and not sent on.
  ...['Keep-Alive: timeout=5', 'TE: trailers', 'TE: gzip', 'Trailer: X-A', 'Trailers: X-A', 'Proxy-Connection: keep-alive', 'Proxy-Connection: Authorization',
    'Proxy-Anything: x', 'Via: 1.1 evil', 'Forwarded: for=127.0.0.1;host=evil.example', 'X-Forwarded-For: 127.0.0.1', 'X-Forwarded-For: 127.0.0.1, 10.0.0.1',
    'X-Forwarded-Host: evil.example', 'X-Forwarded-Uri: /admin', 'X-Forwarded-Anything: x', 'X-Original-URL: /admin', 'X-Rewrite-URL: /admin',
      'X-Original-URI: /admin', 'X-Real-IP: 127.0.0.1', 'True-Client-IP: 127.0.0.1', 'CF-Connecting-IP: 127.0.0.1', 'X-Client-IP: 127.0.0.1', 'Max-Forwards: 0',
      'X-Envoy-Original-Path: /admin', 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
    'Cookie: session=mine', 'Cookie: a=b; $Path=/; c=d', 'Cookie2: $Version=1', 'X-API-Key: mine', 'Api-Key: mine', 'X-Auth-Token: mine', 'X-Access-Token: mine',
      'X-GitHub-Token: mine', 'Private-Token: mine', 'Job-Token: mine', 'X-Vault-Token: mine', 'X-Amz-Security-Token: mine', 'X-Goog-Api-Key: mine',
      'X-My-Secret: mine', 'X-Any-Authorization: mine', 'X-My-Api-Key: mine', 'X-Forwarded-Access-Token: mine',
    'Client-Cert: :AAAA:', 'Postern-Anything: x', 'Postern-Decision: allow', 'X-Session-Token: mine', 'Token: mine', 'X-Secret-Key: mine',
      'Ocp-Apim-Subscription-Key: mine', 'Upgrade: h2c',
  ].map((field) => taken(`${field} is not sent on`, (site) => request(site, { fields: [field] }))),
  ...['X-HTTP-Method-Override: DELETE', 'X-HTTP-Method: DELETE', 'X-Method-Override: PUT', 'x-method: PATCH', 'X-Rest-Method-Override: GET',
    'Anything-Method-Override: GET', 'Sudo: root', 'As-User: 1', 'Act-As: bob', 'X-Act-As: bob', 'Run-As: bob', 'On-Behalf-Of: bob', 'X-On-Behalf-Of: bob',
    'X-Impersonate: bob', 'Impersonate-User: bob', 'Impersonate-Group: admins',
    'Impersonate-Extra-Scopes: all', 'X-Impersonate-User: bob', 'Dropbox-API-Select-User: bob', 'Dropbox-API-Select-Admin: bob'].map((field) => refused(field,
      'header_refused', (site) => request(site, { fields: [field] }))),
  ...['200-ok', '100-continue, 100-continue', '100-continue;q=1', '', '"100-continue"', '99-continue', 'x'].map((value) => refused(`Expect: ${value}`,
    'expectation_refused', (site) => request(site, { method: 'POST', fields: [`Expect: ${value}`, 'Content-Length: 0'] }))),
  ...['json', 'a/b, c/d', 'a/', '/b', 'a/b/c', 'a b/c', 'text/plain; charset=utf-8; charset=utf-7', ';',
    'text/plain; charset'].map((value) => refused(`Content-Type: ${value}`, 'header_refused', (site) => request(site,
    { method: 'POST', fields: [`Content-Type: ${value}`, 'Content-Length: 0'] }))),
]

const PROOFS = ['Bearer', 'Bearer ', 'Bearer a b', 'Digest a', 'Basic', 'Basic !!!', 'Basic YWdlbnQ=', 'Basic YWdlbnQ6', 'Negotiate abc', 'bearer', 'Bearer,a',
  'Bearer a,b', 'Bearer\ta', '', 'a', 'Bearer \xe9', `Bearer ${'a'.repeat(9_000)}`, 'Bearer "a"', 'Bearer a.b.c, Basic YTpi']
const proofs: readonly Row[] = PROOFS.map((proof) => refused(`a proof ${JSON.stringify(proof.slice(0, 30))}`, ['token_invalid', 'identity_required',
  'request_malformed'], (site) =>
  request(site, { proof: [`${site.door === 'reverse' ? 'Authorization' : 'Proxy-Authorization'}: ${proof}`] }), { doors: ['reverse', 'absolute'] }))

export const fieldFamilies: readonly Family[] = [
  { family: 'field names', rows: names },
  { family: 'field values', rows: values },
  { family: 'fields that mean something', rows: [...twice, ...hops, ...proofs] },
]
