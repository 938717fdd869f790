import type { PosternAuthInfo } from './auth-info.ts'
import { createGate, type GateOptions } from './gate.ts'
import { isAuth } from './is-auth.ts'
import { METADATA_HEADERS } from './node-middleware.ts'
import { resourceMetadata, resourceMetadataUrl, type ResourceMetadataOptions } from './resource-metadata.ts'

/**
 * For web-standard servers and SDK v2's `createMcpHandler`: the token's facts, to be given to `handler.fetch(request, { authInfo })`, or the
 * answer in their place.
 * @throws ConfigurationError
 */
export function createTokenGate(options: GateOptions): (request: Request) => Promise<PosternAuthInfo | Response> {
  const gate = createGate(options)
  return async (request) => {
    const header = request.headers.get('authorization')
    const passed = await gate({ method: request.method, authorization: header === null ? [] : [header] })
    return isAuth(passed) ? passed : new Response(JSON.stringify(passed.body), { status: passed.status, headers: passed.headers })
  }
}

/** Answers requests for the server's metadata (RFC 9728). @returns undefined for all others @throws ConfigurationError */
export function metadataResponder(options: ResourceMetadataOptions): (request: Request) => Response | undefined {
  const body = JSON.stringify(resourceMetadata(options))
  const path = new URL(resourceMetadataUrl(options.resource)).pathname
  return (request) => {
    if (new URL(request.url).pathname !== path) return undefined
    if (request.method !== 'GET' && request.method !== 'HEAD') return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } })
    return new Response(request.method === 'GET' ? body : null, { headers: METADATA_HEADERS })
  }
}
