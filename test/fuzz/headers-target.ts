import { readHeaders } from '../../src/http/headers.ts'
import { Secret } from '../../src/lib/secret.ts'
import type { Credential } from '../../src/model/credential.ts'
import { isDenial } from '../../src/model/denial.ts'
import { placeCredential } from '../../src/proxy/credential/place-credential.ts'
import { holds, type FuzzTarget } from './fuzz-target.ts'
import { linesOf, rawHeadersOf } from './text-input.ts'

const OURS = 'rk_0123456789abcdefghijklmnop'
const CREDENTIAL = {
  id: 'crd_fuzz', integration: 'recorder', secret: new Secret(OURS), placement: { in: 'header', name: 'authorization', value: 'Bearer {credential}' },
} as unknown as Credential
const NEVER = /^(?:host|connection|content-length|transfer-encoding|upgrade|expect|te|trailers?|via|cookie2?|proxy-.*|postern-.*|x-forwarded-.*|x-api-key|.*-api-key|.*-access-token|.*-auth-token|.*-secret|.*method-override|keep-alive|dpop)$/i
const TOKEN = /^[!#$%&'*+\-.^`|~0-9A-Za-z]+$/
// oxlint-disable-next-line no-control-regex
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Fields of a request: whatever comes, what goes out has one credential, ours, and nothing of the hop's. */
export const headersTarget: FuzzTarget = {
  name: 'headers',
  covers: ['src/http/headers.ts', 'src/http/header-rules.ts', 'src/http/media-type.ts', 'src/proxy/credential/place-credential.ts'],
  words: [
    'Host: a\n', 'Authorization: Bearer x\n', 'authorization', 'Proxy-Authorization: Basic YTpi\n', 'Content-Length: 5\n', 'Transfer-Encoding: chunked\n',
      'chunked', 'Connection: close\n', 'Connection: Authorization\n', 'keep-alive', 'upgrade', 'Upgrade: websocket\n', 'h2c',
    'Expect: 100-continue\n', 'Content-Type: application/json\n', '; charset=utf-8', 'Cookie: a=b\n', 'X-Api-Key: x\n', 'X-Forwarded-For: a\n',
      'X-HTTP-Method-Override: PUT\n', 'Postern-Delegation: a.b.c\n', 'TE: trailers\n', 'Trailer: x\n', 'DPoP: a\n', '-access-token', '-secret', '_', ': ', '\n',
      ', ', ';', '"', 'Impersonate-User: b\n', 'X-Key: x\n',
  ],
  seeds: ['Host: a\nAccept: */*\nUser-Agent: x', 'Host: a\nContent-Length: 5\nContent-Type: application/json; charset=utf-8',
    'Host: a\nTransfer-Encoding: chunked\nConnection: keep-alive\nCookie: a=b\nAuthorization: Bearer mine'],
  run: (input) => {
    const raw = rawHeadersOf(linesOf(input))
    const read = readHeaders(raw, { maxHeaders: 64 })
    if (isDenial(read)) return
    const placed = placeCredential({ headers: read.headers, path: '/a', query: undefined }, CREDENTIAL)
    if (isDenial(placed)) return
    check(placed.headers, raw)
    const { framing } = read
    holds(framing.kind !== 'length' || Number.isSafeInteger(framing.bytes) && framing.bytes >= 0, 'a length that is no number')
    const names = raw.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase())
    for (const once of ['host', 'content-length', 'transfer-encoding', 'authorization', 'content-type']) holds(names.filter((name) => name === once).length < 2,
      `${once} twice was taken`)
    holds(!(names.includes('content-length') && names.includes('transfer-encoding')), 'two framings were taken')
    holds(framing.kind === 'chunked' === names.includes('transfer-encoding'), 'a coding was passed over')
    holds(JSON.stringify(readHeaders(raw, { maxHeaders: 64 })) === JSON.stringify(read), 'read in another way the second time')
  },
}

function check(headers: readonly string[], raw: readonly string[]): void {
  let credentials = 0
  for (let at = 0; at < headers.length; at += 2) {
    const [name = '', value = ''] = [headers[at], headers[at + 1]]
    if (name === 'authorization' && value === `Bearer ${OURS}`) {
      credentials += 1
      continue
    }
    holds(TOKEN.test(name), 'a name that is no token')
    holds(VALUE.test(value), 'a control character in a value')
    holds(!NEVER.test(name) && name.toLowerCase() !== 'authorization', `${name.toLowerCase()} is sent on`)
    holds(raw.some((text, place) => place % 2 === 0 && text === name && raw[place + 1] === value), 'a field that nobody sent')
  }
  holds(credentials === 1, `${credentials} credentials`)
}
