import type { HeaderList } from '../../http/request.ts'
import { deny, type Denial } from '../../model/denial.ts'
import { isRecord, type McpMessage, type Params } from './message.ts'
import { REQUESTS } from './methods.ts'

/** What the headers of a request say of its message. */
export interface RoutingHeaders {
  readonly method: string | undefined
  readonly name: string | undefined
  readonly version: string | undefined
  /** Decoded values of `Mcp-Param-…`. */
  readonly params: readonly string[]
}

export const SESSION_HEADER = 'mcp-session-id'
const PARAM_PREFIX = 'mcp-param-'
const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion'
const SENTINEL = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The form of each field that may stand once. */
const SINGLE: ReadonlyMap<string, RegExp> = new Map([
  ['mcp-method', /^[A-Za-z_/]{1,128}$/],
  ['mcp-name', /^[\x20-\x7e]{1,4096}$/],
  ['mcp-protocol-version', /^[A-Za-z0-9.-]{1,32}$/],
  // MCP 2025-06-18, session management: visible ASCII alone.
  [SESSION_HEADER, /^[\x21-\x7e]{1,4096}$/],
  ['last-event-id', /^[\x20-\x7e]{0,4096}$/],
])
const PARAM = /^[\x20-\x7e]{0,8192}$/

/**
 * Reads what stands before the body, where balancers and gateways look. Pure; linear.
 * @returns the denial `request_ambiguous` or `header_refused`
 * @see MCP 2026-07-28, Streamable HTTP, "Request Metadata"
 */
export function readRoutingHeaders(headers: HeaderList): RoutingHeaders | Denial {
  const seen = new Map<string, string>()
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at]?.toLowerCase() ?? ''
    const form = name.startsWith(PARAM_PREFIX) ? PARAM : SINGLE.get(name)
    if (form === undefined) continue
    const value = headers[at + 1] ?? ''
    if (seen.has(name)) return deny('request_ambiguous', 'a field of MCP is given more than once')
    if (!form.test(value)) return deny('header_refused', 'a field of MCP is not of its form')
    seen.set(name, value)
  }
  const name = decoded(seen.get('mcp-name'))
  const params = [...seen].filter(([field]) => field.startsWith(PARAM_PREFIX)).map(([, value]) => decoded(value))
  if (name === null || params.includes(null)) return deny('header_refused', 'a field of MCP is encoded in a broken way')
  const texts = params.filter((value) => typeof value === 'string')
  return { method: seen.get('mcp-method'), name, version: seen.get('mcp-protocol-version'), params: texts }
}

/**
 * Refuses a message of which the headers tell something else: what stands before the server would route by the one and the server act by the
 * other.
 */
export function headerMismatch(headers: RoutingHeaders, message: McpMessage): Denial | undefined {
  const { method, name, version, params } = headers
  if (message.kind === 'response') return method === undefined && name === undefined && params.length === 0 ? undefined : mismatch('an answer with fields of a call')
  if (method !== undefined && method !== message.method) return mismatch('Mcp-Method is not the method of the message')
  if (name !== undefined && name !== nameOf(message)) return mismatch('Mcp-Name is not what the message names')
  const claimed = metaVersion(message.params)
  if (claimed !== undefined && version !== undefined && claimed !== version) return mismatch('MCP-Protocol-Version is not the version of the message')
  return params.length > 0 && !tellArguments(params, message) ? mismatch('an Mcp-Param field tells something that the arguments do not') : undefined
}

function nameOf({ method, params }: Exclude<McpMessage, { readonly kind: 'response' }>): unknown {
  const member = REQUESTS.get(method)?.name
  return member === undefined ? undefined : params[member]
}

function metaVersion(params: Params): unknown {
  const meta = params['_meta']
  return isRecord(meta) ? meta[VERSION_KEY] : undefined
}

/** Which argument a field repeats only the server's own schema tells: that it repeats one can be told. */
function tellArguments(values: readonly string[], { params }: Exclude<McpMessage, { readonly kind: 'response' }>): boolean {
  const told = new Set<string>()
  const pending: unknown[] = [params['arguments']]
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (isRecord(value)) for (const child of Object.values(value)) pending.push(child)
    else if (typeof value !== 'object') told.add(String(value))
  }
  return values.every((value) => told.has(value) || (/^-?[0-9]+(?:\.0+)?$/.test(value) && told.has(String(Number(value)))))
}

/** @returns null where the encoding is broken */
function decoded(value: string | undefined): string | null | undefined {
  const encoded = value === undefined ? undefined : SENTINEL.exec(value)?.[1]
  if (encoded === undefined) return value?.startsWith('=?base64?') === true && value.endsWith('?=') ? null : value
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.toString('base64') !== encoded) return null
  try {
    return UTF8.decode(bytes)
  } catch {
    return null
  }
}

function mismatch(detail: string): Denial {
  return deny('request_ambiguous', detail, { hint: `Header and body have to agree: ${detail}.` })
}
