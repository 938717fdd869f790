/**
 * Header fields in the order and spelling they came in: name, value, name, value …
 * Values are Latin-1 text (one character a byte), as Node gives and takes them.
 */
export type HeaderList = readonly string[]

/**
 * The one form of a request that every stage judges and that is forwarded.
 * Made by the listener alone; `path` and `query` are the very bytes that came.
 */
export interface CanonicalRequest {
  /** Upper-case token. */
  readonly method: string
  readonly scheme: 'http' | 'https'
  /** Lower-case DNS name without trailing dot, or the integration's own host in reverse mode. */
  readonly host: string
  readonly port: number
  /** Begins with `/`; without the query; in reverse mode without the integration's prefix. */
  readonly path: string
  /** Without `?`; undefined where there was none (an empty query is ''). */
  readonly query: string | undefined
  /** End-to-end fields only: hop-by-hop, client credentials and our own fields are already gone. */
  readonly headers: HeaderList
  /** Lower-case media type without parameters; undefined where there is none. */
  readonly contentType: string | undefined
  readonly framing: BodyFraming
  /** The request asks for a WebSocket (RFC 6455); its method is GET and it has no body. */
  readonly upgrade?: WebSocketOffer | undefined
}

/** What a client asked for when it asked for a WebSocket. */
export interface WebSocketOffer {
  /** Its `Sec-WebSocket-Key`: answered by us; the upstream gets one of ours. */
  readonly key: string
  /** Subprotocols in the client's order; empty where it named none. */
  readonly protocols: readonly string[]
}

/** How routes name a request that asks for a WebSocket, where any other is named by its method: no GET allows one. */
export const WEBSOCKET = 'WEBSOCKET'

/** The method as catalogues and rules compare it. */
export function routeMethodOf({ method, upgrade }: Pick<CanonicalRequest, 'method' | 'upgrade'>): string {
  return upgrade === undefined ? method : WEBSOCKET
}

/** How the body was framed (RFC 9112 section 6); the framing upstream is made anew from it. */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
