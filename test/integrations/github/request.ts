import type { CanonicalRequest } from '../../../src/http/request.ts'

/** A canonical request as the listener makes it, from `METHOD /path` or `METHOD https://host/path`. */
export function canonical(line: string, headers: readonly string[] = []): CanonicalRequest {
  const [method = '', target = ''] = line.split(' ')
  const match = /^https:\/\/([^/]+)(\/.*)$/.exec(target)
  const [path = '', query] = (match?.[2] ?? target).split('?')
  return {
    method,
    scheme: 'https',
    host: match?.[1] ?? 'api.github.com',
    port: 443,
    path,
    query,
    headers,
    contentType: undefined,
    framing: { kind: 'none' },
  }
}
