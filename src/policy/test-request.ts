import type { InspectedBody } from '../http/body.ts'
import { WEBSOCKET, type CanonicalRequest } from '../http/request.ts'
import type { TestText } from './schema.ts'

/** What a client offers is no matter of policy. */
const NO_OFFER = { key: '', protocols: [] } as const

/** A request as people write it: `METHOD URL`, and the value of a body. */
export type WrittenRequest = Pick<TestText, 'request' | 'body' | 'content_type'>

/**
 * The canonical request that a test's `METHOD URL` stands for; `WEBSOCKET URL` for one that asks for a WebSocket. Path and query are the very text that was written.
 * @returns undefined where it is not a URL with a plain host
 */
export function requestOf(test: WrittenRequest): CanonicalRequest | undefined {
  const match = /^([A-Z]{3,10}) (https?):\/\/([A-Za-z0-9.-]+)(?::(\d{1,5}))?(\/[^?#\s]*)?(?:\?([^#\s]*))?$/.exec(test.request)
  if (match === null) return undefined
  const [, written = '', scheme, host = '', port, path = '/', query] = match
  const upgrade = written === WEBSOCKET
  const bytes = bodyOf(test).bytes.length
  return {
    method: upgrade ? 'GET' : written,
    scheme: scheme === 'http' ? 'http' : 'https', host: host.toLowerCase(),
    port: port === undefined ? (scheme === 'http' ? 80 : 443) : Number(port),
    path, query, headers: test.body === undefined ? [] : ['content-type', test.content_type],
    contentType: test.body === undefined ? undefined : test.content_type,
    framing: test.body === undefined ? { kind: 'none' } : { kind: 'length', bytes },
    upgrade: upgrade ? NO_OFFER : undefined,
  }
}

/** The body as an inspecting stage would hand it on. */
export function bodyOf(test: WrittenRequest): InspectedBody {
  if (test.body === undefined) return { bytes: Buffer.alloc(0), format: 'empty', value: {} }
  if (test.content_type === 'application/json') return { bytes: Buffer.from(JSON.stringify(test.body)), format: 'json', value: test.body }
  const fields = Object.entries(test.body).map(([name, value]): [string, string] => [name, typeof value === 'string' ? value : JSON.stringify(value)])
  return { bytes: Buffer.from(new URLSearchParams(fields).toString()), format: 'form', value: Object.fromEntries(fields) }
}
