import type { IncomingMessage, ServerResponse } from 'node:http'
import { isAuth } from './is-auth.ts'
import type { PosternAuthInfo } from './auth-info.ts'
import type { Challenge } from './challenge.ts'
import { createGate, type GateOptions } from './gate.ts'
import { resourceMetadata, resourceMetadataUrl, type ResourceMetadataOptions } from './resource-metadata.ts'

/** A request that has passed: where the SDK's transports look for it. */
export type AuthorizedRequest = IncomingMessage & { auth?: PosternAuthInfo }

/** Express's shape, which `node:http` has as well. */
export type NodeMiddleware = (request: AuthorizedRequest, response: ServerResponse, next: (error?: unknown) => void) => void

/**
 * Lets requests with a token for this server through, with `req.auth` set, and answers all others itself: for SDK v1's transports, for v2's
 * `toNodeHandler`, for Express and for `node:http` alike.
 * @throws ConfigurationError
 */
export function requireToken(options: GateOptions): NodeMiddleware {
  const gate = createGate(options)
  return (request, response, next) => {
    // Whatever stood there was not set by us.
    delete request.auth
    const authorization = request.headersDistinct['authorization'] ?? []
    gate({ method: request.method ?? '', authorization }).then((passed) => {
      if (!isAuth(passed)) return answer(response, passed)
      request.auth = passed
      return next()
    }).catch(next)
  }
}

/** Answers requests for the server's metadata (RFC 9728), and passes all others on. Public, for programs in browsers, too. @throws ConfigurationError */
export function protectedResourceMetadata(options: ResourceMetadataOptions): NodeMiddleware {
  const body = JSON.stringify(resourceMetadata(options))
  const path = new URL(resourceMetadataUrl(options.resource)).pathname
  return (request, response, next) => {
    const url = 'originalUrl' in request && typeof request.originalUrl === 'string' ? request.originalUrl : request.url
    if ((url ?? '').split('?')[0] !== path) return next()
    const reads = request.method === 'GET' || request.method === 'HEAD'
    response.writeHead(reads ? 200 : 405, reads ? METADATA_HEADERS : { allow: 'GET, HEAD' }).end(request.method === 'GET' ? body : undefined)
  }
}

/** Of the metadata, wherever it is served. */
export const METADATA_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'application/json', 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*',
}

function answer(response: ServerResponse, { status, headers, body }: Challenge): void {
  response.writeHead(status, headers).end(JSON.stringify(body))
}
