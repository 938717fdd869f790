import type { Code } from '../../src/model/codes.ts'

/** Bytes that must be refused, and how. */
export interface RefusedCase {
  readonly name: string
  readonly bytes: string
  readonly code: Code
  readonly status: number
}

export interface Family {
  readonly family: string
  readonly cases: readonly RefusedCase[]
}

type Row = readonly [name: string, bytes: string]

function all(code: Code, status: number, rows: readonly Row[]): readonly RefusedCase[] {
  return rows.map(([name, bytes]) => ({ name, bytes, code, status }))
}

const get = (target: string, fields = 'Host: localhost\r\n'): string => `GET ${target} HTTP/1.1\r\n${fields}\r\n`
const post = (fields: string, body = ''): string => `POST /github/a HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n${body}`
const withField = (field: string): string => get('/github/a', `Host: localhost\r\n${field}\r\n`)
const connect = (target: string, fields = ''): string => `CONNECT ${target} HTTP/1.1\r\n${fields}\r\n`

const startLine: Family = {
  family: 'start lines',
  cases: [
    ...all('request_malformed', 400, [
      ['a bare LF after the request line', 'GET /github/a HTTP/1.1\nHost: localhost\r\n\r\n'],
      ['bare LF everywhere', 'GET /github/a HTTP/1.1\nHost: localhost\n\n'],
      ['a bare CR in the request line', 'GET /github/a\rb HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['two CRs', 'GET /github/a HTTP/1.1\r\r\nHost: localhost\r\n\r\n'],
      ['leading space', ' GET /github/a HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['tabs for spaces', 'GET\t/github/a\tHTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['a space after the version', 'GET /github/a HTTP/1.1 \r\nHost: localhost\r\n\r\n'],
      ['no version (HTTP/0.9)', 'GET /github/a\r\n\r\n'],
      ['HTTP/1.2', 'GET /github/a HTTP/1.2\r\nHost: localhost\r\n\r\n'],
      ['HTTP/2.0', 'GET /github/a HTTP/2.0\r\nHost: localhost\r\n\r\n'],
      ['HTTP/11', 'GET /github/a HTTP/11\r\nHost: localhost\r\n\r\n'],
      ['a lower-case version', 'GET /github/a http/1.1\r\nHost: localhost\r\n\r\n'],
      ['another protocol', 'GET /github/a ICE/1.0\r\nHost: localhost\r\n\r\n'],
      ['a lower-case method', 'get /github/a HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['NUL in the target', 'GET /github/a\0b HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['a raw byte over 127 in the target', 'GET /github/\xe9 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['DEL in the target', 'GET /github/\x7f HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['TLS bytes on a plain listener', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
      ['an SSH greeting', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ]),
    ...all('tunnel_not_intercepted', 403, [['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n']]),
    ...all('method_refused', 405, [
      ['TRACE', 'TRACE /github/a HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['TRACK, which the parser does not know', 'TRACK /github/a HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['a method of nobody’s', 'FROB /github/a HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['PROPFIND', 'PROPFIND /github/a HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['PURGE', 'PURGE /github/a HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['SOURCE', 'SOURCE /github/a HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['RTSP DESCRIBE', 'DESCRIBE rtsp://localhost/github/a RTSP/1.0\r\nHost: localhost\r\n\r\n'],
    ]),
    ...all('uri_too_long', 414, [['a target over the bound', get(`/github/${'a'.repeat(17_000)}`)]]),
    ...all('headers_too_large', 431, [
      ['a target over the whole header bound', get(`/github/${'a'.repeat(70_000)}`)],
      ['one huge field', withField(`X-A: ${'a'.repeat(70_000)}`)],
      ['too many fields', get('/github/a', `Host: localhost\r\n${'X-A: b\r\n'.repeat(300)}`)],
      ['more fields than Node would show', get('/github/a', `Host: localhost\r\n${'A: b\r\n'.repeat(2_500)}`)],
    ]),
  ],
}

const targets: Family = {
  family: 'targets',
  cases: [
    ...all('request_malformed', 400, [
      ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['GET *', get('*')],
      ['authority form on GET', get('api.example.com:80')],
      ['no leading slash', get('github/a')],
      ['another scheme', get('ftp://api.example.com/a')],
      ['a scheme in capitals', get('HTTP://api.example.com/a', 'Host: api.example.com\r\n')],
      ['one slash after the scheme', get('http:/api.example.com/a')],
      ['file', get('file:///etc/passwd')],
      ['a fragment after the host', get('http://api.example.com#x', 'Host: api.example.com\r\n')],
    ]),
    ...all('path_refused', 400, [
      ['%2e%2e', get('/github/%2e%2e/admin')],
      ['%2E in capitals', get('/github/%2E./admin')],
      ['mixed .%2e', get('/github/.%2e/admin')],
      ['a dot segment', get('/github/./a')],
      ['a parent segment', get('/github/../a')],
      ['a parent segment at the end', get('/github/a/..')],
      ['a dot at the end', get('/github/a/.')],
      ['..; as Tomcat reads it', get('/github/..;/admin')],
      ['..;x=y', get('/github/a/..;x=y/admin')],
      ['a backslash', get('/github/a\\b')],
      ['%5c', get('/github/a%5cb')],
      ['%5C', get('/github/..%5C..%5Cb')],
      ['%00', get('/github/a%00b')],
      ['%0d%0a', get('/github/a%0d%0aX:%20y')],
      ['%7f', get('/github/a%7f')],
      ['an empty segment', get('/github//a')],
      ['an empty first segment', get('//github/a')],
      ['a fragment', get('/github/a#b')],
      ['%zz', get('/github/a%zz')],
      ['% at the end', get('/github/a%')],
      ['%2 at the end', get('/github/a%2')],
      ['%u002e', get('/github/%u002e%u002e/a')],
      ['%252e%252e', get('/github/%252e%252e/admin')],
      ['%25252e', get('/github/%25252e%25252e%25252fadmin')],
      ['%2f..', get('/github/a%2f../b')],
      ['..%2f', get('/github/..%2fadmin')],
      ['%2F%2e%2e%2F', get('/github/a%2F%2e%2e%2Fb')],
      ['%255c', get('/github/a%255cb')],
      ['%2500', get('/github/a%2500b')],
      ['overlong dot %c0%ae', get('/github/%c0%ae%c0%ae/a')],
      ['overlong slash %c0%af', get('/github/..%c0%afa')],
      ['escapes that are no UTF-8', get('/github/%ff%fe')],
      ['C1 control %c2%85', get('/github/a%c2%85b')],
      ['escapes of escapes of escapes', get('/github/%2525252525')],
      ['a raw quote', get('/github/"a"')],
      ['raw angle brackets', get('/github/<a>')],
      ['raw braces', get('/github/{a}')],
      ['a raw caret', get('/github/a^b')],
      ['a raw backtick', get('/github/a`b')],
      ['broken escape in the query', get('/github/a?b=%zz')],
      ['%00 in the query', get('/github/a?b=x%00y')],
      ['a fragment after the query', get('/github/a?b#c')],
      ['absolute form with a dot segment', get('http://api.example.com/a/../b', 'Host: api.example.com\r\n')],
      ['absolute form with %2e', get('http://api.example.com/%2e%2e/b', 'Host: api.example.com\r\n')],
      ['absolute form with a fragment', get('http://api.example.com/#x', 'Host: api.example.com\r\n')],
    ]),
    ...all('integration_unknown', 404, [
      ['the root', get('/')],
      ['an escaped prefix', get('/%67ithub/a')],
      ['a prefix in capitals', get('/GitHub/a')],
      ['a prefix with a hyphen first', get('/-github/a')],
      ['a health path decides nothing', get('/HEALTHZ')],
    ]),
  ],
}

const hosts: Family = {
  family: 'hosts',
  cases: [
    ...all('host_refused', 400, [
      ['127.0.0.1', get('http://127.0.0.1/a', 'Host: 127.0.0.1\r\n')],
      ['a decimal address', get('http://2130706433/a', 'Host: 2130706433\r\n')],
      ['a hexadecimal address', get('http://0x7f000001/a', 'Host: 0x7f000001\r\n')],
      ['an octal address', get('http://0177.0.0.1/a', 'Host: 0177.0.0.1\r\n')],
      ['a short address', get('http://127.1/a', 'Host: 127.1\r\n')],
      ['a mixed address', get('http://0x7f.0.1/a', 'Host: 0x7f.0.1\r\n')],
      ['a number as the last label', get('http://example.123/a', 'Host: example.123\r\n')],
      ['0x as the last label', get('http://example.0x/a', 'Host: example.0x\r\n')],
      ['IPv6', get('http://[::1]/a', 'Host: [::1]\r\n')],
      ['IPv4 in IPv6', get('http://[::ffff:127.0.0.1]/a', 'Host: [::ffff:127.0.0.1]\r\n')],
      ['a trailing dot', get('http://api.example.com./a', 'Host: api.example.com.\r\n')],
      ['an empty label', get('http://api..example.com/a', 'Host: api..example.com\r\n')],
      ['a leading dot', get('http://.example.com/a', 'Host: .example.com\r\n')],
      ['an underscore', get('http://api_x.example.com/a', 'Host: api_x.example.com\r\n')],
      ['a hyphen first', get('http://-api.example.com/a', 'Host: -api.example.com\r\n')],
      ['a hyphen last', get('http://api-.example.com/a', 'Host: api-.example.com\r\n')],
      ['a percent escape', get('http://api%2eexample.com/a', 'Host: api%2eexample.com\r\n')],
      ['user information', get('http://u:p@api.example.com/a', 'Host: api.example.com\r\n')],
      ['user information that looks like a host', get('http://api.example.com@evil.example/a', 'Host: api.example.com\r\n')],
      ['a label of 64', get(`http://${'a'.repeat(64)}.com/a`, 'Host: x\r\n')],
      ['a name of 254', get(`http://${'a.'.repeat(125)}abcd/a`, 'Host: x\r\n')],
      ['an empty host', get('http:///a')],
      ['an empty port', get('http://api.example.com:/a', 'Host: api.example.com\r\n')],
      ['port 0', get('http://api.example.com:0/a', 'Host: api.example.com\r\n')],
      ['port 65536', get('http://api.example.com:65536/a', 'Host: api.example.com\r\n')],
      ['a port with a zero first', get('http://api.example.com:080/a', 'Host: api.example.com\r\n')],
      ['a port with a sign', get('http://api.example.com:+80/a', 'Host: api.example.com\r\n')],
      ['two ports', get('http://api.example.com:80:80/a', 'Host: api.example.com\r\n')],
      ['a comma', get('http://api.example.com,evil.example/a', 'Host: api.example.com\r\n')],
      ['a semicolon', get('http://api.example.com;x/a', 'Host: api.example.com\r\n')],
      ['reverse mode: Host with a path', get('/github/a', 'Host: localhost/x\r\n')],
      ['reverse mode: Host with user information', get('/github/a', 'Host: a@localhost\r\n')],
      ['reverse mode: an empty Host', get('/github/a', 'Host:\r\n')],
      ['reverse mode: Host with a space', get('/github/a', 'Host: a b\r\n')],
      ['reverse mode: a bad IPv6', get('/github/a', 'Host: [::zz]\r\n')],
    ]),
    ...all('authority_mismatch', 421, [
      ['absolute form, another Host', get('http://api.example.com/a', 'Host: other.example.com\r\n')],
      ['absolute form, Host with another port', get('http://api.example.com/a', 'Host: api.example.com:8080\r\n')],
      ['absolute form with a port, Host without', get('http://api.example.com:8080/a', 'Host: api.example.com\r\n')],
      ['absolute form, Host with a trailing dot', get('http://api.example.com/a', 'Host: api.example.com.\r\n')],
      ['absolute form, a subdomain in Host', get('http://api.example.com/a', 'Host: x.api.example.com\r\n')],
      ['absolute form, an empty Host', get('http://api.example.com/a', 'Host:\r\n')],
    ]),
    ...all('request_malformed', 400, [
      ['no Host', get('/github/a', '')],
      ['no Host in absolute form', get('http://api.example.com/a', '')],
      ['no Host in HTTP/1.0', 'GET /github/a HTTP/1.0\r\n\r\n'],
      ['NUL in Host', get('/github/a', 'Host: 127.0.0.1\0.example.com\r\n')],
      ['NUL in the target’s host', get('http://127.0.0.1\0.example.com/a', 'Host: a\r\n')],
    ]),
  ],
}

const headers: Family = {
  family: 'headers',
  cases: [
    ...all('request_ambiguous', 400, [
      ['two Hosts', get('/github/a', 'Host: localhost\r\nHost: localhost\r\n')],
      ['two Hosts in two cases', get('/github/a', 'Host: localhost\r\nhOST: evil.example\r\n')],
      ['two Authorizations', withField('Authorization: Bearer a\r\nAuthorization: Bearer b')],
      ['two Proxy-Authorizations', withField('Proxy-Authorization: Bearer a\r\nProxy-Authorization: Bearer a')],
      ['two Postern-Delegations', withField('Postern-Delegation: a\r\nPostern-Delegation: b')],
      ['two Content-Types', post('Content-Type: text/plain\r\nContent-Type: application/json\r\nContent-Length: 0\r\n')],
      ['two Content-Encodings', post('Content-Encoding: identity\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n')],
      ['two Expects', post('Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 1\r\n')],
    ]),
    ...all('header_refused', 400, [
      ['an underscore in a name', withField('X_Forwarded_For: a')],
      ['content_length', post('Content_Length: 5\r\n')],
      ['X-HTTP-Method-Override', withField('X-HTTP-Method-Override: DELETE')],
      ['X-HTTP-Method', withField('x-http-method: DELETE')],
      ['X-Method-Override', withField('X-Method-Override: PUT')],
      ['an override of another family', withField('X-Rest-Method-Override: PUT')],
      ['Connection names Authorization', withField('Connection: close, Authorization')],
      ['Connection names a field', withField('Connection: X-Custom')],
      ['Connection names nothing', withField('Connection: ,')],
      ['two content types in one field', post('Content-Type: text/plain, application/json\r\nContent-Length: 0\r\n')],
      ['a content type without a slash', post('Content-Type: json\r\nContent-Length: 0\r\n')],
      ['two charsets', post('Content-Type: application/json; charset=utf-8; charset=utf-7\r\nContent-Length: 0\r\n')],
    ]),
    ...all('request_malformed', 400, [
      ['obs-fold', get('/github/a', 'Host: localhost\r\nX-A: one\r\n two\r\n')],
      ['obs-fold with a tab', get('/github/a', 'Host: localhost\r\nX-A: one\r\n\ttwo\r\n')],
      ['obs-fold of Host', get('/github/a', 'Host:\r\n localhost\r\n')],
      ['space before the first field', get('/github/a', ' X: y\r\nHost: localhost\r\n')],
      ['space before the colon', get('/github/a', 'Host : localhost\r\n')],
      ['a tab before the colon', get('/github/a', 'Host\t: localhost\r\n')],
      ['bare LF after a field', get('/github/a', 'Host: localhost\nX-A: b\r\n')],
      ['bare CR in a value', withField('X-A: a\rb')],
      ['NUL in a value', withField('X-A: a\0b')],
      ['a control in a value', withField('X-A: a\x01b')],
      ['DEL in a value', withField('X-A: a\x7fb')],
      ['vertical tab in a value', withField('X-A: \x0bb')],
      ['no name', withField(': a')],
      ['no colon', withField('Nonsense')],
      ['parentheses in a name', withField('X(y): a')],
      ['a byte over 127 in a name', withField('X\xe9: a')],
      ['NUL in a name', withField('X\0Y: a')],
    ]),
    ...all('token_invalid', 401, [
      ['reverse mode: an unknown scheme', withField('Authorization: Digest username="a"')],
      ['reverse mode: Basic without a password', withField(`Authorization: Basic ${Buffer.from('agent').toString('base64')}`)],
      ['reverse mode: Bearer of nothing', withField('Authorization: Bearer ')],
      ['reverse mode: two tokens', withField('Authorization: Bearer a b')],
      ['reverse mode: a delegation that is no token', withField('Postern-Delegation: a b')],
    ]),
    ...all('token_invalid', 407, [
      ['forward mode: an unknown scheme', get('http://api.example.com/a', 'Host: api.example.com\r\nProxy-Authorization: Negotiate abc\r\n')],
      ['forward mode: Basic with an empty password', get('http://api.example.com/a', `Host: api.example.com\r\nProxy-Authorization: Basic ${Buffer.from('agent:').toString('base64')}\r\n`)],
    ]),
    ...all('expectation_refused', 417, [
      ['another expectation', post('Expect: 200-ok\r\nContent-Length: 1\r\n')],
      ['two expectations', post('Expect: 100-continue, x\r\nContent-Length: 1\r\n')],
    ]),
    ...all('upgrade_refused', 501, [
      ['two protocols', withField('Connection: Upgrade\r\nUpgrade: websocket, foo')],
      ['an upgrade with a body', post('Connection: Upgrade\r\nUpgrade: TLS/1.2\r\nContent-Length: 5\r\n', 'hello')],
      ['an upgrade that Connection does not name', withField('Upgrade: websocket')],
      ['h2c and another', withField('Connection: Upgrade\r\nUpgrade: h2c, websocket')],
    ]),
  ],
}

const framing: Family = {
  family: 'framing',
  cases: [
    ...all('request_ambiguous', 400, [
      ['Content-Length then Transfer-Encoding', post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
      ['Transfer-Encoding then Content-Length', post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n')],
      ['two equal Content-Lengths', post('Content-Length: 5\r\nContent-Length: 5\r\n', 'hello')],
      ['two unequal Content-Lengths', post('Content-Length: 5\r\nContent-Length: 6\r\n', 'hello')],
      ['a list of lengths', post('Content-Length: 5, 5\r\n', 'hello')],
      ['a sign', post('Content-Length: +5\r\n', 'hello')],
      ['a negative length', post('Content-Length: -5\r\n', 'hello')],
      ['hexadecimal', post('Content-Length: 0x5\r\n', 'hello')],
      ['a zero first', post('Content-Length: 05\r\n', 'hello')],
      ['zeros', post('Content-Length: 00\r\n')],
      ['a fraction', post('Content-Length: 5.0\r\n', 'hello')],
      ['an exponent', post('Content-Length: 1e1\r\n', 'hello')],
      ['an empty length', post('Content-Length:\r\n')],
      ['a space inside', post('Content-Length: 5 5\r\n', 'hello')],
      ['more than 16 digits', post('Content-Length: 18446744073709551615\r\n', 'hello')],
      ['more than is counted exactly', post('Content-Length: 9999999999999999\r\n', 'hello')],
      ['chunked, identity', post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n')],
      ['identity', post('Transfer-Encoding: identity\r\n')],
      ['gzip, chunked', post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n')],
      ['chunked, chunked', post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n')],
      ['xchunked', post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n')],
      ['"chunked" in quotes', post('Transfer-Encoding: "chunked"\r\n', '0\r\n\r\n')],
      ['chunked;q=1', post('Transfer-Encoding: chunked;q=1\r\n', '0\r\n\r\n')],
      ['two chunked', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
      ['identity then chunked, two fields', post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
      ['an empty Transfer-Encoding', post('Transfer-Encoding:\r\n', '0\r\n\r\n')],
      ['chunked in HTTP/1.0', 'POST /github/a HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ]),
    ...all('request_malformed', 400, [
      ['a vertical tab before chunked', post('Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n')],
      ['Transfer-Encoding with a space before the colon', post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n')],
      ['Transfer-Encoding folded', post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n')],
    ]),
    ...all('body_refused', 400, [
      ['a body on GET', get('/github/a', 'Host: localhost\r\nContent-Length: 5\r\n') + 'hello'],
      ['a chunked body on GET', get('/github/a', 'Host: localhost\r\nTransfer-Encoding: chunked\r\n') + '0\r\n\r\n'],
      ['a body on HEAD', 'HEAD /github/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello'],
    ]),
  ],
}

const connects: Family = {
  family: 'CONNECT',
  cases: [
    ...all('host_refused', 400, [
      ['no port', connect('api.example.com')],
      ['a path', connect('/github/a')],
      ['an address with a scheme', connect('http://api.example.com:443')],
      ['a path after the port', connect('api.example.com:443/x')],
      ['user information', connect('u@api.example.com:443')],
      ['IPv4', connect('127.0.0.1:443')],
      ['IPv6', connect('[::1]:443')],
      ['a decimal address', connect('2130706433:443')],
      ['a hexadecimal address', connect('0x7f.1:443')],
      ['a trailing dot', connect('api.example.com.:443')],
      ['port 0', connect('api.example.com:0')],
      ['port 99999', connect('api.example.com:99999')],
      ['an empty port', connect('api.example.com:')],
      ['*', connect('*')],
      ['an underscore', connect('api_x.example.com:443')],
      ['a percent escape', connect('api%2eexample.com:443')],
    ]),
    ...all('request_ambiguous', 400, [
      ['a body', connect('api.example.com:443', 'Content-Length: 5\r\n') + 'hello'],
      ['a chunked body', connect('api.example.com:443', 'Transfer-Encoding: chunked\r\n') + '0\r\n\r\n'],
      ['two Hosts', connect('api.example.com:443', 'Host: a\r\nHost: b\r\n')],
      ['two Proxy-Authorizations', connect('api.example.com:443', 'Proxy-Authorization: Bearer a\r\nProxy-Authorization: Bearer b\r\n')],
    ]),
    ...all('header_refused', 400, [['an underscore in a name', connect('api.example.com:443', 'X_Y: a\r\n')]]),
    ...all('token_invalid', 407, [['an unknown scheme', connect('api.example.com:443', 'Proxy-Authorization: Digest a\r\n')]]),
    ...all('host_not_served', 403, [['a host that ca.hosts lacks', connect('elsewhere.example.com:443')]]),
    ...all('request_malformed', 400, [
      ['bare LF', 'CONNECT api.example.com:443 HTTP/1.1\nHost: a\n\n'],
      ['NUL in the host', 'CONNECT api.example\0.com:443 HTTP/1.1\r\n\r\n'],
      ['HTTP/2.0', 'CONNECT api.example.com:443 HTTP/2.0\r\n\r\n'],
    ]),
  ],
}

/** Everything that must be refused, by family. */
export const REFUSED: readonly Family[] = [startLine, targets, hosts, headers, framing, connects]

/** Bodies that break after the header was accepted: the exchange must never see their end. */
export const BROKEN_BODIES: readonly Row[] = [
  ['bare LF after the size', '5\nhello\n0\n\n'],
  ['bare LF after an extension', '5;x\nhello\r\n0\r\n\r\n'],
  ['no CRLF after the data', '5\r\nhelloXX0\r\n\r\n'],
  ['0x in the size', '0x5\r\nhello\r\n0\r\n\r\n'],
  ['a sign in the size', '-5\r\nhello\r\n0\r\n\r\n'],
  ['a space after the size', '5 \r\nhello\r\n0\r\n\r\n'],
  ['a space before the size', ' 5\r\nhello\r\n0\r\n\r\n'],
  ['a size that overflows', '10000000000000005\r\nhello\r\n0\r\n\r\n'],
  ['an empty size', '\r\nhello\r\n0\r\n\r\n'],
  ['Content-Length in the trailer', '5\r\nhello\r\n0\r\nContent-Length: 4\r\n\r\n'],
  ['a folded trailer', '5\r\nhello\r\n0\r\nX: 4\r\n y\r\n\r\n'],
  ['a control in the trailer', '5\r\nhello\r\n0\r\nX: \x01\r\n\r\n'],
]
