import { refused, request, taken, type Family, type Row } from './corpus-case.ts'

/** Added to the case's own path; each could be read as another path by some server. */
const REFUSED_ENDINGS = [
  '/.', '/..', '/./a', '/../a', '/a/./b', '/a/../b', '/a/..', '/a/.', '/../../../etc/passwd', '/.;/a', '/..;/a', '/..;a=b/c', '/.;a', '/..;', '/a/..;x/..;y/b',
    '//', '//a', '/a//b', '/a//', '///', '/a/;/../b', '/;/..',
  '/%2e', '/%2E', '/%2e%2e', '/%2e%2e/a', '/.%2e/a', '/%2e./a', '/%2E%2e/a', '/a%2e%2eb', '/%2e%2e%2f', '/%2e%2e%5c', '/..%2f', '/..%2Fa', '/..%5ca', '/a%2f..',
    '/a%2F..%2Fb', '/a%2f%2e%2e%2fb', '/a%2f.%2fb', '/%2f..', '/%2f%2e%2e',
  '/%252e', '/%252e%252e/a', '/%252e%252e%252fa', '/%25%32%65', '/%25252e', '/%25252e%25252e', '/..%252f', '/..%252fa', '/a%252f..%252fb', '/%255c', '/a%255c..',
    '/%2500', '/%250a', '/%250d%250a', '/%2525252525', '/%2525252525252e', '/%25255c', '/%2F', '/%2F/a', '/a/%2f',
  '/\\', '/a\\b', '/..\\a', '\\..\\a', '/%5c', '/%5C', '/a%5c..%5cb', '/..%5c', '/%5c%2e%2e', '/%5c%5c', '/a%2f%5cb',
  '/%00', '/a%00b', '/a%00.html', '/%00/..', '/%01', '/%09', '/%0a', '/%0A', '/%0d', '/%0d%0a', '/%0D%0AX-A:%20b', '/a%0d%0a%0d%0aGET%20/', '/%0b', '/%0c',
    '/%1b', '/%1f', '/%7f', '/%7F',
  '/%', '/%2', '/%zz', '/%2g', '/%g2', '/%%', '/%%32%65', '/a%', '/a%2', '/%u002e', '/%u002f', '/%uff0e', '/%-1', '/% 41', '/%2%65',
  '/%c0%ae', '/%c0%ae%c0%ae/a', '/%c0%af', '/..%c0%afa', '/%c1%9c', '/%e0%80%ae', '/%e0%80%af', '/%f0%80%80%ae', '/%f8%80%80%80%ae', '/%ff', '/%fe%ff', '/%80',
    '/%c3', '/%c3%28', '/%ed%a0%80', '/%f4%90%80%80', '/%c2%80', '/%c2%85', '/%c2%9f',
  '/#', '/a#b', '#', '#/../a', '/a#?b', '?#', '?a#b', '/"', '/<a>', '/{a}', '/a^b', '/a`b', '/a"b', '/{', '/}', '/<', '/>', '/^',
  '?%', '?a=%zz', '?%00', '?a=%00', '?a=%2', '?a=%', '?a%00b=c', '?a=b#c', '?a=b&c=%',
]

/** Bytes that no request target may have; the parser itself refuses most of them. */
const REFUSED_BYTES = ['\0', '\x01', '\x07', '\x08', '\t', '\x0b', '\x0c', '\x1b', '\x1f', '\x7f', '\x80', '\x85', '\xa0', '\xad', '\xc3\xa9', '\xef\xbc\x8f',
  '\xe2\x80\xae', '\xef\xbb\xbf', '\xff', ' ']

const TAKEN_ENDINGS = [
  '', '/', '/a', '/a/', '/a/b/c', '/a.b', '/a..b', '/..a', '/a..', '/.a', '/...', '/....', '/a.', '/.well-known', '/a;b', '/a;b=c', '/a;b/c;d', '/;', '/;a',
    '/a;', '/:', '/a:b', '/@', '/a@b', '/a,b', '/a=b', '/a+b', '/a~b', '/a_b', '/a-b', '/a!b',
  '/a$b', '/a&b', '/a\'b', '/(a)', '/*', '/a*b', '/[a]', '/a|b', '/%20', '/a%20b', '/%C3%A9', '/%c3%a9', '/%E2%82%AC', '/%F0%9F%98%80', '/%3B', '/%3b', '/%3D',
    '/%40', '/%21', '/%22', '/%3C%3E', '/%7B%7D', '/%5B%5D', '/%5E', '/%60', '/%7C', '/%2B', '/%26', '/%2C', '/%3A', '/%24',
  '/a%2Fb', '/a%2fb', '/%2525%2525%2525', '/100%25', '/a%25b', '/%252', '/%23', '/a%23b', '/%3F', '/a%3Fb', '?', '?a', '?a=b', '?a=b&c=d', '?a=b&a=c', '?=',
    '?&&', '?a=b?c', '?a=/../b', '?a=//b', '?a=\\b', '?a=%2e%2e', '?a=%5c', '?a=%0d%0aX:%20y', '?a=https://evil.example/', '?a="b"', '?a={b}', '?a=<b>',
    '?a=b;c=d', '?%41=%42', '?a=%C0%AE', '?[]=1', '?a[b]=c', '?a^b`c|d',
]

const paths: readonly Row[] = [
  ...REFUSED_ENDINGS.map((ending) => refused(JSON.stringify(ending), ['path_refused', 'request_malformed'], (site) => request(site,
    { target: site.target(site.path + ending) }))),
  ...REFUSED_BYTES.flatMap((byte) => [
    refused(`${JSON.stringify(byte)} in a path`, ['path_refused', 'request_malformed'], (site) => request(site, { target: site.target(`${site.path}/a${byte}b`) })),
    refused(`${JSON.stringify(byte)} in a query`, ['path_refused', 'request_malformed'], (site) => request(site,
      { target: site.target(`${site.path}?a=${byte}b`) })),
  ]),
  ...TAKEN_ENDINGS.map((ending) => taken(JSON.stringify(ending), (site) => request(site, { target: site.target(site.path + ending) }),
    (site) => ({ target: site.path + ending }))),
]

/** A client's own credential in a query, in spellings that some server reads as the name. */
const CREDENTIALS = ['access_token', 'token', 'api_key', 'key', 'oauth_token', 'bearer_token', 'private_token', 'access%5Ftoken', 'access%255Ftoken',
  '%61ccess_token', 'ACCESS_TOKEN', 'Access_Token', '+access_token', 'access_token+', '%20access_token', 'access_token%20', 'access_token[]', 'access_token[0]',
  'access_token.x', 'access_token%5B%5D', '_method', '_Method', '%5Fmethod']

const queries: readonly Row[] = CREDENTIALS.flatMap((name) => [`?${name}=x`, `?a=b&${name}=x`, `?a=b;${name}=x`, `?${name}`].map((query) =>
  refused(query, ['client_credential_refused', 'header_refused', 'path_refused', 'request_ambiguous'], (site) => request(site,
    { target: site.target(site.path + query) }), { doors: ['reverse'], judged: true })))

export const pathFamilies: readonly Family[] = [{ family: 'paths and queries', rows: paths }, { family: 'credentials in queries', rows: queries }]
