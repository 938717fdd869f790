import { readStrictly } from '../strict-request.ts'
import type { Sent } from '../corpus-case.ts'
import type { Http2Received } from './recording-http2-upstream.ts'

/** One whole request at an upstream, in whichever protocol. */
export interface Arrived extends Sent {
  readonly host: string
  /** Names in lower case; what frames it left out. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** Why no strict server would take it. */
  readonly problems: readonly string[]
}

/** @param received every byte that came, a text a connection */
export function arrivedOverHttp1(received: readonly string[]): readonly Arrived[] {
  return received.flatMap((bytes) => readStrictly(bytes).requests).map(({ method, target, body, fields }) => ({
    method, target, body,
    host: fields.find(([name]) => name === 'host')?.[1] ?? '',
    fields: fields.filter(([name]) => name !== 'host' && name !== 'content-length' && name !== 'transfer-encoding'),
    problems: [],
  }))
}

const NAME = /^[!#$%&'*+\-.^`|~0-9a-z]+$/
// oxlint-disable-next-line no-control-regex
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/
const PSEUDO = [':method', ':authority', ':scheme', ':path'] as const

/** By RFC 9113 section 8; nothing is forgiven. */
export function arrivedOverHttp2(received: readonly Http2Received[]): readonly Arrived[] {
  return received.map(({ fields: flat, body, trailers }) => {
    const fields = Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at] ?? '', flat[2 * at + 1] ?? ''] as const)
    const value = (name: string): string => fields.find(([field]) => field === name)?.[1] ?? ''
    const rest = fields.slice(PSEUDO.length)
    const problems = [
      ...(PSEUDO.every((name) => fields.slice(0, PSEUDO.length).some(([field]) => field === name)) ? [] : ['other pseudo-header fields than a request’s four']),
      ...rest.filter(([name, text]) => !NAME.test(name) || !VALUE.test(text)).map(([name]) => `the field ${JSON.stringify(name)}`),
      ...rest.filter(([name]) => /^(?:connection|keep-alive|proxy-connection|transfer-encoding|upgrade|host)$/.test(name)).map(([name]) => `${name} in HTTP/2`),
      ...(trailers.length === 0 ? [] : ['trailers']),
      ...(['', String(body.length)].includes(value('content-length')) ? [] : ['a length that is not its body’s']),
      ...(value(':scheme') === 'https' ? [] : ['another scheme']),
    ]
    return { method: value(':method'), target: value(':path'), body, host: value(':authority'), fields: rest.filter(([name]) => name !== 'content-length'), problems }
  })
}
