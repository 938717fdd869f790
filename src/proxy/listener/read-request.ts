import { dpopTokenOf, tokenOf } from '../../http/authorization.ts'
import { readHeaders, type ReadHeaders } from '../../http/headers.ts'
import { parseAuthority, type Authority } from '../../http/host.ts'
import { isAcceptedMethod } from '../../http/method.ts'
import type { CanonicalRequest, WebSocketOffer } from '../../http/request.ts'
import { readWebSocketOffer } from '../../http/websocket/offer.ts'
import { deny, isDenial, type Denial } from '../../model/denial.ts'
import type { BoundAgent, Door, Proofs } from '../exchange.ts'
import type { Connection, TunnelFacts } from './connection.ts'
import { isWorthKeeping, readBefore, worthKeeping } from './latest-fields.ts'
import { defaultPort, readOwnHost, readTarget, splitPrefix, type RequestTarget } from './request-target.ts'

const TOKEN = /^[\x21-\x7e]{1,16384}$/

/** One request as Node's parser gives it: nothing but what stood on the wire. */
export interface RawRequest {
  readonly method: string
  readonly url: string
  /** `1.0` and `1.1` as they stood in the request line; `2` for a stream of HTTP/2. */
  readonly httpVersion: string
  readonly rawHeaders: readonly string[]
  /** HTTP/2: the head has not ended the request, whether or not it says a length. */
  readonly unframed?: boolean
  /** The connection has left HTTP with this request: an upgrade was asked for by `Connection` too. */
  readonly upgrading?: boolean
}

export interface ReadContext {
  readonly connection: Pick<Connection, 'encrypted' | 'peer' | 'tunnel' | 'latestProofs' | 'latestFields'>
  readonly bound: BoundAgent | undefined
  readonly nowMs: number
  readonly maxUriBytes: number
  readonly maxHeaders: number
  /** Whether a Host other than one of this machine's own names is refused in reverse mode: a web page must not reach a bound agent. */
  readonly ownHosts: ReadonlySet<string> | undefined
  /** What comes has crossed a network without TLS. */
  readonly exposed?: boolean
}

export interface ReadRequest {
  readonly door: Door
  readonly request: CanonicalRequest
  readonly prefix: string | undefined
  readonly proofs: Proofs
  readonly expectsContinue: boolean
  /** The client reads trailers (`TE: trailers`). */
  readonly acceptsTrailers: boolean
  readonly hasBody: boolean
}

/**
 * The one canonicaliser: makes of raw bytes one canonical request, or refuses what could be read in two ways. Repairs nothing.
 * Pure but for the bound agent's token and what the connection remembers of its last request; linear.
 */
export function readRequest(raw: RawRequest, context: ReadContext): ReadRequest | Denial {
  const headers = readFields(raw, context)
  if (isDenial(headers)) return headers
  const target = readTarget(raw.url)
  if (isDenial(target)) return target
  const { tunnel } = context.connection
  if (tunnel !== undefined) return inTunnel(raw, headers, target, tunnel)
  return target.absolute === undefined ? inReverse(raw, headers, target, context) : inAbsoluteForm(raw, headers, target.absolute, target, context)
}

/** Reads a CONNECT (RFC 9110 section 9.3.6); its own Host field is not looked at, since some clients send none and some a wrong one. */
export function readConnect(raw: RawRequest, context: ReadContext): (Authority & { readonly proofs: Proofs }) | Denial {
  const headers = readFields({ ...raw, method: 'CONNECT' }, context)
  if (isDenial(headers)) return headers
  if (context.connection.tunnel !== undefined) return deny('request_malformed', 'a CONNECT inside a tunnel')
  if (headers.framing.kind !== 'none') return deny('request_ambiguous', 'a CONNECT with a body')
  const authority = parseAuthority(raw.url, undefined)
  if (authority === undefined) return deny('host_refused', 'the target of CONNECT is no plain DNS name with a port')
  const proofs = proofsOf(headers.proxyAuthorization, headers, context)
  return isDenial(proofs) ? proofs : { ...authority, proofs }
}

interface ReadFields extends ReadHeaders {
  readonly offer?: WebSocketOffer
}

function readFields(raw: RawRequest, context: ReadContext): ReadFields | Denial {
  const { peer } = context.connection
  if (peer !== undefined && isDenial(peer)) return peer
  if (peer !== undefined && context.nowMs >= peer.notAfterMs) return deny('certificate_refused', 'the client certificate has expired since the handshake')
  if (raw.httpVersion !== '1.1' && raw.httpVersion !== '2' && raw.httpVersion !== '1.0') return deny('request_malformed', 'a version other than HTTP/1.1 and HTTP/1.0')
  if (raw.method !== 'CONNECT' && !isAcceptedMethod(raw.method)) return deny('method_refused', 'a method that is not accepted')
  if (raw.url.length > context.maxUriBytes) return deny('uri_too_long', `a request target of more than ${context.maxUriBytes} bytes`)
  const read = readFieldsOnce(raw.rawHeaders, context)
  if (isDenial(read)) return read
  // In HTTP/2 a body of no told length is framed by its stream: as a chunked one in HTTP/1.1.
  const headers: ReadHeaders = raw.unframed === true && read.framing.kind === 'none' ? { ...read, framing: { kind: 'chunked' } } : read
  const problem = fieldProblem(raw, headers)
  if (problem !== undefined || headers.upgrade === undefined) return problem ?? headers
  const asked = readWebSocketOffer(headers.headers)
  return isDenial(asked) ? asked : { ...headers, ...asked }
}

function readFieldsOnce(raw: readonly string[], context: ReadContext): ReadHeaders | Denial {
  const { connection } = context
  const known = readBefore(connection.latestFields, raw)
  if (known !== undefined) return known
  const read = readHeaders(raw, context)
  if (!isDenial(read)) connection.latestFields = worthKeeping(raw, read)
  return read
}

function fieldProblem(raw: RawRequest, headers: ReadHeaders): Denial | undefined {
  const { framing } = headers
  if (headers.upgrade !== undefined || raw.upgrading === true) {
    const problem = upgradeProblem(raw, headers)
    if (problem !== undefined) return problem
  }
  if (raw.httpVersion === '1.0' && framing.kind === 'chunked') return deny('request_ambiguous', 'transfer-encoding in HTTP/1.0')
  if ((raw.method === 'GET' || raw.method === 'HEAD') && framing.kind !== 'none' && !(framing.kind === 'length' && framing.bytes === 0)) {
    return deny('body_refused', `a body on ${raw.method}`)
  }
  return headers.host === undefined && raw.method !== 'CONNECT' ? deny('request_malformed', 'no Host') : undefined
}

/** RFC 6455 section 4.1. */
function upgradeProblem(raw: RawRequest, { upgrade, framing, expectsContinue }: ReadHeaders): Denial | undefined {
  if (upgrade !== 'websocket' || raw.upgrading !== true) return deny('upgrade_refused', 'an upgrade to another protocol, or one that Connection does not ask for')
  if (raw.method !== 'GET' || raw.httpVersion !== '1.1') return deny('upgrade_refused', 'a WebSocket is asked for by GET and HTTP/1.1')
  return framing.kind !== 'none' || expectsContinue ? deny('request_ambiguous', 'an upgrade with a body') : undefined
}

function inTunnel(raw: RawRequest, headers: ReadFields, target: RequestTarget, tunnel: TunnelFacts): ReadRequest | Denial {
  const { scheme, proofs } = tunnel
  if (tunnel.serverName !== undefined && tunnel.serverName.toLowerCase() !== tunnel.host) return mismatch('the TLS server name')
  if (!sameAuthority(headers.host, tunnel, scheme)) return mismatch('Host')
  if (target.absolute !== undefined && (target.absolute.scheme !== scheme || !equal(target.absolute, tunnel))) return mismatch('the request target')
  // Passing it over in silence would let the agent think that it acts for that person.
  if (headers.delegation !== undefined && headers.delegation !== proofs.delegationToken) {
    return deny('header_refused', 'Postern-Delegation inside a tunnel differs from that of its CONNECT', { hint: 'Show Postern-Delegation on the CONNECT request.' })
  }
  return { door: 'connect', request: canonical(raw, headers, target, tunnel), prefix: undefined, proofs, expectsContinue: headers.expectsContinue, acceptsTrailers: headers.acceptsTrailers, hasBody: hasBody(headers) }
}

function inAbsoluteForm(
  raw: RawRequest, headers: ReadFields, absolute: NonNullable<RequestTarget['absolute']>, target: RequestTarget, context: ReadContext,
): ReadRequest | Denial {
  if (!sameAuthority(headers.host, absolute, absolute.scheme)) return mismatch('Host')
  const proofs = proofsOf(headers.proxyAuthorization, headers, context)
  if (isDenial(proofs)) return proofs
  return { door: 'absolute', request: canonical(raw, headers, target, absolute), prefix: undefined, proofs, expectsContinue: headers.expectsContinue, acceptsTrailers: headers.acceptsTrailers, hasBody: hasBody(headers) }
}

function inReverse(raw: RawRequest, headers: ReadFields, target: RequestTarget, context: ReadContext): ReadRequest | Denial {
  const scheme = context.connection.encrypted ? 'https' : 'http'
  const own = readOwnHost(headers.host ?? '', defaultPort(scheme))
  if (own === undefined) return deny('host_refused', 'Host is neither a DNS name nor an address')
  const page = context.bound === undefined ? undefined : pageProblem(headers, own, context.ownHosts)
  if (page !== undefined) return page
  const split = splitPrefix(target.path)
  if (split === undefined) {
    return deny('integration_unknown', 'the first segment of the path is no integration’s name', { hint: 'Without a proxy the path begins with the integration: /{integration}/…' })
  }
  const proofs = reverseProofs(raw.method, headers, () => `${scheme}://${authorityText(own, scheme)}${target.path}`, context)
  if (isDenial(proofs)) return proofs
  const request = canonical(raw, headers, { ...target, path: split.path }, { ...own, scheme })
  return { door: 'reverse', request, prefix: split.prefix, proofs, expectsContinue: headers.expectsContinue, acceptsTrailers: headers.acceptsTrailers, hasBody: hasBody(headers) }
}

/** A bound listener asks for no token: a web page, or a name that was rebound to this machine, must not be taken for the agent. */
function pageProblem(headers: ReadHeaders, own: Authority, ownHosts: ReadonlySet<string> | undefined): Denial | undefined {
  if (headers.fromBrowser) return deny('header_refused', 'a web page’s request to a bound listener')
  return ownHosts === undefined || ownHosts.has(own.host) ? undefined : deny('authority_mismatch', 'Host is not a name of this machine, on a bound listener')
}

function canonical(raw: RawRequest, headers: ReadFields, target: RequestTarget, at: Authority & { readonly scheme: 'http' | 'https' }): CanonicalRequest {
  return {
    method: raw.method,
    scheme: at.scheme,
    host: at.host,
    port: at.port,
    path: target.path,
    query: target.query,
    headers: headers.headers,
    contentType: headers.contentType,
    framing: headers.framing,
    upgrade: headers.offer,
  }
}

/** Where Postern is the origin, the agent can also send a token that is bound to its key, with a proof for this very request. */
function reverseProofs(method: string, headers: ReadHeaders, url: () => string, context: ReadContext): Proofs | Denial {
  const token = headers.authorization === undefined ? undefined : dpopTokenOf(headers.authorization)
  if (token === undefined) return proofsOf(headers.authorization, headers, context)
  if (headers.dpop === undefined) return deny('token_invalid', 'a DPoP-bound token without a proof', { hint: 'Send a DPoP proof for this request in the field DPoP.' })
  const others = proofsOf(undefined, headers, context)
  return isDenial(others) ? others : { ...others, token, dpop: { proof: headers.dpop, method, url: url() } }
}

function authorityText({ host, port }: Authority, scheme: 'http' | 'https'): string {
  return port === defaultPort(scheme) ? host : `${host}:${port}`
}

function hasBody({ framing }: ReadHeaders): boolean {
  return framing.kind === 'chunked' || (framing.kind === 'length' && framing.bytes > 0)
}

function proofsOf(field: string | undefined, headers: ReadHeaders, context: ReadContext): Proofs | Denial {
  const { connection } = context
  const latest = connection.latestProofs
  if (latest !== undefined && latest.field === field && latest.delegation === headers.delegation) return latest.proofs
  const proofs = readProofs(field, headers, context)
  if (!isDenial(proofs) && isWorthKeeping([field, headers.delegation])) connection.latestProofs = { field, delegation: headers.delegation, proofs }
  return proofs
}

function readProofs(field: string | undefined, headers: ReadHeaders, context: ReadContext): Proofs | Denial {
  const token = field === undefined ? undefined : tokenOf(field)
  if (field !== undefined && token === undefined) return deny('token_invalid', 'the authorization field is neither Bearer nor Basic with a token')
  const { delegation } = headers
  if (delegation !== undefined && !TOKEN.test(delegation)) return deny('token_invalid', 'Postern-Delegation holds no token')
  const { peer } = context.connection
  // A peer that is a denial was refused before any field was read.
  const certificate = peer === undefined || isDenial(peer) ? undefined : peer
  return { token, delegationToken: delegation, certificate, bound: context.bound, exposed: context.exposed === true || undefined }
}

function sameAuthority(field: string | undefined, expected: Authority, scheme: 'http' | 'https'): boolean {
  const authority = field === undefined ? undefined : parseAuthority(field, defaultPort(scheme))
  return authority !== undefined && equal(authority, expected)
}

function equal(one: Authority, other: Authority): boolean {
  return one.host === other.host && one.port === other.port
}

function mismatch(what: string): Denial {
  return deny('authority_mismatch', `${what} names another host than the request’s target`)
}
