import { credentialInQuery } from '../../http/client-credential.ts'
import type { HeaderList } from '../../http/request.ts'
import type { Credential } from '../../model/credential.ts'
import { deny, Fault, type Denial } from '../../model/denial.ts'

/** The parts of a canonical request that a credential may be put on. */
export interface Placeable {
  readonly headers: HeaderList
  readonly path: string
  readonly query: string | undefined
}

/** The same as it goes out. */
export interface Placed {
  /** Name, value, name, value … */
  readonly headers: readonly string[]
  /** Path and query. */
  readonly target: string
}

/** Where clients and upstreams look for credentials of their own accord; none of these goes upstream but ours. */
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie'])
/** RFC 9110 section 5.5, visible ASCII; a space only inside. */
const FIELD_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
/** RFC 3986 section 3.3: what stands in a segment as it is, but for the sub-delimiters that servers give a meaning. */
const NOT_SEGMENT = /[^A-Za-z0-9._~:@-]/gu

/**
 * Puts the credential on a request, as the last thing that happens to it: the only place where a secret is placed. Pure.
 * Exactly one credential is on it afterwards, or none where `credential` is null.
 * @returns the denial `client_credential_refused` where the query already has the credential's field
 * @throws Fault `credential_unavailable` where the secret does not fit its place; nothing of it stands in the message
 */
export function placeCredential(request: Placeable, credential: Credential | null): Placed | Denial {
  if (credential === null) return { headers: without(request.headers, undefined), target: target(request.path, request.query) }
  const { placement } = credential
  const secret = credential.secret.reveal()
  switch (placement.in) {
    case 'header':
      return withHeader(request, placement.name, fieldValue(filled(placement.value, secret)))
    case 'basic':
      return withHeader(request, 'authorization', `Basic ${Buffer.from(`${placement.username}:${secret}`, 'utf8').toString('base64')}`)
    case 'query':
      return withQuery(request, placement.name, secret)
    case 'path':
      return withPrefix(request, filled(placement.prefix, segment(secret)))
  }
}

function withHeader(request: Placeable, name: string, value: string): Placed {
  return { headers: [...without(request.headers, name), name, value], target: target(request.path, request.query) }
}

function withQuery(request: Placeable, name: string, secret: string): Placed | Denial {
  if (credentialInQuery(request.query, [name.toLowerCase()]) !== undefined) return deny('client_credential_refused', 'the query already has the field that the credential is put in')
  const field = `${encoded(name)}=${encoded(secret)}`
  const query = request.query === undefined || request.query === '' ? field : `${request.query}&${field}`
  return { headers: without(request.headers, undefined), target: target(request.path, query) }
}

function withPrefix(request: Placeable, prefix: string): Placed {
  return { headers: without(request.headers, undefined), target: target(prefix + request.path, request.query) }
}

/** Drops what could be a credential, and the field that ours is put in, by any case and with `_` for `-` as gateways read it. */
function without(headers: HeaderList, name: string | undefined): string[] {
  const ours = name === undefined ? undefined : name.toLowerCase().replaceAll('_', '-')
  const kept: string[] = []
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const field = asGatewaysRead(headers[at] as string)
    if (field !== ours && !CREDENTIAL_HEADERS.has(field)) kept.push(headers[at] as string, headers[at + 1] as string)
  }
  return kept
}

/** The names that clients send are few. */
const MAX_SPELLINGS = 1_000
const read = new Map<string, string>()

function asGatewaysRead(name: string): string {
  const known = read.get(name)
  if (known !== undefined) return known
  const field = name.toLowerCase().replaceAll('_', '-')
  if (read.size < MAX_SPELLINGS && name.length <= 128) read.set(name, field)
  return field
}

/** By a function, since in a replacement text `$&` and the like would have a meaning. */
function filled(template: string, secret: string): string {
  return template.replace('{credential}', () => secret)
}

function fieldValue(text: string): string {
  if (FIELD_VALUE.test(text)) return text
  throw new Fault('credential_unavailable', 'the credential has characters that a header cannot hold')
}

function segment(secret: string): string {
  if (secret === '.' || secret === '..') throw new Fault('credential_unavailable', 'the credential would be a dot segment')
  return secret.replace(NOT_SEGMENT, encoded)
}

/** Percent-encodes all but RFC 3986's unreserved characters. */
function encoded(text: string): string {
  try {
    return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  } catch {
    throw new Fault('credential_unavailable', 'the credential is not well-formed text')
  }
}

function target(path: string, query: string | undefined): string {
  return query === undefined ? path : `${path}?${query}`
}
