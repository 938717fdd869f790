import type { UpstreamHttp, UpstreamRequest, UpstreamResponse } from './upstream-http.ts'

/** What one call to a token endpoint came to. */
export type EndpointAnswer =
  | { readonly kind: 'answer'; readonly answer: UpstreamResponse; readonly fields: Readonly<Record<string, unknown>> | undefined }
  /** Nothing left: the upstream has done nothing. */
  | { readonly kind: 'not_sent' }
  /** No whole answer: the upstream may have done what was asked. */
  | { readonly kind: 'no_answer' }

/** A hundred years: the store and the audit cannot hold what lies far beyond. */
const MAX_LIFE_S = 3_155_760_000

/** Sends one request to a token endpoint, never twice. `fields` are those of a JSON object or, as GitHub answers unless asked, of a form. */
export async function askTokenEndpoint(
  http: UpstreamHttp, url: string, form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>>, signal: AbortSignal,
): Promise<EndpointAnswer> {
  const request: UpstreamRequest = {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', 'user-agent': 'postern', ...headers },
    body: new URLSearchParams(form).toString(),
  }
  try {
    const answer = await http(request, signal)
    return { kind: 'answer', answer, fields: fieldsOf(answer) }
  } catch (error) {
    return { kind: wasNotSent(error) ? 'not_sent' : 'no_answer' }
  }
}

/** RFC 6749 section 2.3.1: both parts form-encoded before they are joined. */
export function basicAuthorization(clientId: string, clientSecret: string): string {
  const encode = (text: string): string => new URLSearchParams({ x: text }).toString().slice(2)
  return `Basic ${Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64')}`
}

/** @returns the error code of an answer, fit for a record: no text of the upstream's */
export function errorCode(value: unknown): string {
  return typeof value === 'string' && /^[a-z_]{1,64}$/.test(value) ? value : 'no error code'
}

/** A token or a refresh token; undefined where it is none. */
export function tokenText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 16_384 && /^[\x21-\x7e]+$/.test(value) ? value : undefined
}

/** Wall clock at which a token ends that was asked for at `askedAtMs`: `none` where the answer does not say, undefined where it says nonsense. */
export function expiryOf(expiresIn: unknown, askedAtMs: number): number | 'none' | undefined {
  if (expiresIn === undefined || expiresIn === null || expiresIn === '') return 'none'
  const seconds = typeof expiresIn === 'string' && /^[0-9]{1,12}$/.test(expiresIn) ? Number(expiresIn) : expiresIn
  return typeof seconds === 'number' && seconds > 0 && seconds <= MAX_LIFE_S ? askedAtMs + seconds * 1000 : undefined
}

/** Splits what an upstream says of scopes, at commas and spaces; undefined where it says nothing. */
export function scopeList(value: unknown): readonly string[] | undefined {
  if (typeof value !== 'string') return undefined
  return [...new Set(value.split(/[\s,]+/).filter((name) => name !== ''))].slice(0, 256)
}

/** What the upstream asked for with `Retry-After` in seconds. */
export function retryAfterMs(answer: UpstreamResponse): number | undefined {
  const seconds = Number(answer.headers['retry-after'])
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined
}

/** An `UpstreamHttp` that knows that nothing left says so by `sent: false` on what it throws; without it, something may have. */
function wasNotSent(error: unknown): boolean {
  return error instanceof Error && 'sent' in error && error.sent === false
}

function fieldsOf({ headers, body }: UpstreamResponse): Readonly<Record<string, unknown>> | undefined {
  if ((headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(body))
  return jsonFields(body)
}

/** @returns the JSON object that a text is; undefined for anything else */
export function jsonFields(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
