import { isDenial } from '../../src/model/denial.ts'
import { readRequest, type ReadContext, type ReadRequest } from '../../src/proxy/listener/read-request.ts'
import { holds, type FuzzTarget } from './fuzz-target.ts'
import { linesOf, rawHeadersOf } from './text-input.ts'

const NOBODY = { token: undefined, delegationToken: undefined, certificate: undefined, bound: undefined }
const HOST = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

function contextOf(tunnel: boolean): ReadContext {
  const facts = { host: 'api.example.com', port: 443, scheme: 'https', serverName: 'api.example.com', proofs: NOBODY } as const
  return {
    connection: { encrypted: false, peer: undefined, tunnel: tunnel ? facts : undefined, latestProofs: undefined, latestFields: undefined } as ReadContext['connection'],
    bound: undefined, nowMs: 0, maxUriBytes: 4_096, maxHeaders: 32, ownHosts: undefined,
  }
}

/** A request line and fields, through every door: what is accepted is one path and one host, to whoever reads it. */
export const canonicaliserTarget: FuzzTarget = {
  name: 'canonicaliser',
  covers: ['src/proxy/listener/read-request.ts', 'src/proxy/listener/request-target.ts', 'src/http/path.ts', 'src/http/host.ts', 'src/http/query.ts',
    'src/http/percent.ts', 'src/http/method.ts', 'src/http/authorization.ts'],
  words: [
    'GET', 'POST', 'HEAD', 'OPTIONS', 'http://', 'https://', 'api.example.com', '127.0.0.1', '[::1]', ':443', ':80', '/github', '/a', '/../', '/./', '//',
      '/..;/', '%2e', '%2E', '%2f', '%2F', '%25', '%5c', '%00', '%0d%0a', '%c3%a9', '%c0%ae', '%252e', '?a=b', '#', '\\', ';', '@', '.', '..', '*',
    '\nHost: api.example.com', '\nHost: localhost', '\nAuthorization: Bearer x', '\nProxy-Authorization: Bearer x', '\nPostern-Delegation: x',
      '\nContent-Length: 5', '\nTransfer-Encoding: chunked', '\nUpgrade: websocket', '\nDPoP: x', '\nAuthorization: DPoP x', '0x7f', 'xn--', '1.0', '1.1',
  ],
  seeds: [
    'GET\n/github/repos/a/b/pulls/1?x=y\n1.1\nHost: localhost\nAuthorization: Bearer x',
      'GET\nhttps://api.example.com/a/b%20c?d=e\n1.1\nHost: api.example.com\nProxy-Authorization: Bearer x',
      'POST\n/a/%2Fb;c/d\n1.1\nHost: api.example.com:443\nContent-Length: 5',
    'GET\nhttp://api.example.com:8080/\n1.0\nHost: api.example.com:8080', 'OPTIONS\n*\n1.1\nHost: localhost',
  ],
  run: (input) => {
    const [method = '', url = '', httpVersion = '', ...fields] = linesOf(input)
    const raw = { method, url, httpVersion, rawHeaders: rawHeadersOf(fields) }
    for (const tunnel of [false, true]) {
      const read = readRequest(raw, contextOf(tunnel))
      if (!isDenial(read)) check(read, url, tunnel)
      holds(JSON.stringify(readRequest(raw, contextOf(tunnel))) === JSON.stringify(read), 'read in another way the second time')
    }
  },
}

function check({ request, door, prefix }: ReadRequest, url: string, tunnel: boolean): void {
  const { path, query, host, port, scheme } = request
  holds(door === (tunnel ? 'connect' : url.startsWith('/') ? 'reverse' : 'absolute'), 'another door')
  const target = `${prefix === undefined ? '' : `/${prefix}`}${path}${query === undefined ? '' : `?${query}`}`
  // An absent path is the root: the one thing that is added.
  holds(url.endsWith(target) || (path === '/' && (url.endsWith(target.replace('/', '')) || url.endsWith(target.replace(`/${prefix}/`, `/${prefix}`)))),
    'other bytes than came')
  holds(port > 0 && port < 65_536, 'a port that is none')
  if (door !== 'reverse') holds(HOST.test(host) && new URL(`${scheme}://${host}/`).hostname === host, 'a host that URL reads as another')
  if (tunnel) holds(host === 'api.example.com' && port === 443 && scheme === 'https', 'another host than the tunnel’s')
  // What every browser and Node itself would make of the same text.
  const reading = new URL(`https://h${path}${query === undefined ? '' : `?${query}`}`)
  holds(reading.pathname === path && reading.hash === '' && reading.host === 'h', 'a path that URL reads as another')
  checkDecoded(path)
}

/** However often a server decodes, it finds no dot segment, no backslash and no control. */
function checkDecoded(path: string): void {
  let text = path
  for (let round = 0; round < 8; round += 1) {
    // oxlint-disable-next-line no-control-regex
    holds(!/[\\\x00-\x1f\x7f]/.test(text), `a backslash or control after ${round} decodings`)
    holds(!text.split('/').some((segment) => /^\.{1,2}(?:;.*)?$/s.test(segment)), `a dot segment after ${round} decodings`)
    const decoded = text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    if (decoded === text) return
    text = decoded
  }
}
