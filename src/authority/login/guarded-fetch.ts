import type { CustomFetch } from 'openid-client'
import type { UpstreamHttp, UpstreamRequest } from '../../integrations/upstream-http.ts'

/** Statuses whose answers have no body (Fetch standard, "null body status"). */
const WITHOUT_BODY = new Set([101, 103, 204, 205, 304])

/** The way to the identity provider: the authority's guarded, bounded one, in the form that openid-client wants. Redirects are not followed. */
export function guardedFetch(http: UpstreamHttp): CustomFetch {
  return async (url, { method, headers, body, signal }) => {
    const request: UpstreamRequest = { method: methodOf(method), url, headers, ...bodyOf(body) }
    const answer = await http(request, signal ?? new AbortController().signal)
    return new Response(WITHOUT_BODY.has(answer.status) ? null : answer.body, { status: answer.status, headers: answer.headers })
  }
}

function methodOf(method: string): 'GET' | 'POST' {
  if (method === 'GET' || method === 'POST') return method
  throw new TypeError(`${method} is no method of OpenID Connect`)
}

function bodyOf(body: unknown): { readonly body?: string } {
  if (body === undefined || body === null) return {}
  if (typeof body === 'string' || body instanceof URLSearchParams) return { body: String(body) }
  throw new TypeError('a body of OpenID Connect is a form')
}
