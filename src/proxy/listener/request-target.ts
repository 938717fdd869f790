import { isIP } from 'node:net'
import { canonicalHost, parseAuthority, type Authority } from '../../http/host.ts'
import { pathProblem } from '../../http/path.ts'
import { queryProblem } from '../../http/query.ts'
import { deny, type Denial } from '../../model/denial.ts'

const ABSOLUTE = /^(https?):\/\/([^/?#]*)(.*)$/s
const PREFIX = /^\/([a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?)(\/.*)?$/
const HOST_AND_PORT = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253})(?::([1-9][0-9]{0,4}))?$/i

/** A request target (RFC 9112 section 3.2) that was accepted: path and query are the very bytes. */
export interface RequestTarget {
  /** Undefined in origin form. */
  readonly absolute: (Authority & { readonly scheme: 'http' | 'https' }) | undefined
  readonly path: string
  readonly query: string | undefined
}

/**
 * Reads origin form and absolute form. Pure; linear.
 * @returns the denial `request_malformed`, `host_refused` or `path_refused` for any other form, or what is in it
 */
export function readTarget(target: string): RequestTarget | Denial {
  if (target.startsWith('/')) return readOrigin(target, undefined)
  const match = ABSOLUTE.exec(target)
  if (match === null) return deny('request_malformed', 'the request target is neither a path nor an http or https address')
  const scheme = match[1] === 'https' ? 'https' : 'http'
  const authority = parseAuthority(match[2] ?? '', defaultPort(scheme))
  if (authority === undefined) return deny('host_refused', 'the host in the request target is no plain DNS name with a port')
  const rest = match[3] ?? ''
  // RFC 9112 section 3.2.1: an absent path is the root; there is nothing in it that two servers could read differently.
  return readOrigin(rest.startsWith('/') ? rest : `/${rest}`, { ...authority, scheme })
}

/** The port that a URL of this scheme leaves out. */
export function defaultPort(scheme: 'http' | 'https'): number {
  return scheme === 'https' ? 443 : 80
}

/** Splits `/{integration}/…`. @returns undefined where the first segment cannot be an integration's name */
export function splitPrefix(path: string): { readonly prefix: string; readonly path: string } | undefined {
  const match = PREFIX.exec(path)
  return match?.[1] === undefined ? undefined : { prefix: match[1], path: match[2] ?? '/' }
}

/**
 * Reads the `Host` that an agent reaches us by in reverse mode: a DNS name or an address, since it names no upstream.
 * @returns undefined where it is neither
 */
export function readOwnHost(field: string, port: number): Authority | undefined {
  const known = ownHosts.get(field)
  if (known !== undefined && known.defaultPort === port) return known.authority
  const authority = parseOwnHost(field, port)
  if (ownHosts.size >= MAX_OWN_HOSTS) ownHosts.clear()
  if (authority !== undefined) ownHosts.set(field, { defaultPort: port, authority })
  return authority
}

/** We are reached by few names, each in every request. */
const MAX_OWN_HOSTS = 256
const ownHosts = new Map<string, { readonly defaultPort: number; readonly authority: Authority }>()

function parseOwnHost(field: string, port: number): Authority | undefined {
  const match = HOST_AND_PORT.exec(field)
  const name = match?.[1]?.toLowerCase()
  const ownPort = match?.[2] === undefined ? port : Number(match[2])
  if (name === undefined || ownPort > 65_535) return undefined
  if (name.startsWith('[')) return isIP(name.slice(1, -1)) === 6 ? { host: name, port: ownPort } : undefined
  return isIP(name) === 4 || canonicalHost(name) !== undefined ? { host: name, port: ownPort } : undefined
}

function readOrigin(target: string, absolute: RequestTarget['absolute']): RequestTarget | Denial {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = mark === -1 ? undefined : target.slice(mark + 1)
  const problem = pathProblem(path) ?? (query === undefined ? undefined : queryProblem(query))
  return problem === undefined ? { absolute, path, query } : deny('path_refused', problem)
}
