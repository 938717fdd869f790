import type { ConsentDetail } from '../../model/principal.ts'
import type { ScopeWords } from './oauth-dependencies.ts'

/** How large a request for access may be. */
const MAX_DETAILS = 32
const MAX_SCOPES = 128
const MAX_TARGETS = 64
const MAX_SCOPE_TEXT = 8_192
const INTEGRATION = /^[a-z0-9][a-z0-9_-]{0,62}$/
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/
const TARGET = /^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u

/** Everything that an integration has: what a request without targets asks for; the person can narrow it. */
const EVERYWHERE = '**'

/** Why a request for access is refused, for the client's developer; made of our own words and checked names only. */
export class AccessRefused extends Error {
  readonly about: 'scope' | 'authorization_details'

  constructor(about: AccessRefused['about'], message: string) {
    super(message)
    this.about = about
  }
}

/** The words of a configured integration; undefined for names that are none. */
export type WordsOf = (integration: string) => ScopeWords | undefined

/**
 * Reads what `scope` and `authorization_details` ask for together. Pure.
 * @throws AccessRefused for what is not of the form, too much, or not known here
 */
export function readAccess(scope: unknown, details: unknown, words: WordsOf): readonly ConsentDetail[] {
  const access = [...readScope(scope, words), ...readDetails(details, words)]
  if (access.length > MAX_DETAILS) throw new AccessRefused('authorization_details', `more than ${MAX_DETAILS} entries`)
  return access
}

/** Reads `scope`: `<integration>:<scope>` each, gathered by integration. Pure. @throws AccessRefused */
export function readScope(scope: unknown, words: WordsOf): readonly ConsentDetail[] {
  if (scope === undefined || scope === '') return []
  if (typeof scope !== 'string' || scope.length > MAX_SCOPE_TEXT) throw new AccessRefused('scope', 'the scope is too long')
  const byIntegration = new Map<string, Set<string>>()
  for (const entry of new Set(scope.split(' '))) {
    const colon = entry.indexOf(':')
    const integration = entry.slice(0, Math.max(colon, 0))
    const name = entry.slice(colon + 1)
    const problem = colon < 1 ? 'scopes have the form integration:scope' : problemOfScope(integration, name, words)
    if (problem !== undefined) throw new AccessRefused('scope', problem)
    byIntegration.set(integration, (byIntegration.get(integration) ?? new Set<string>()).add(name))
  }
  return [...byIntegration].map(([integration, scopes]) => ({ integration, scopes: bounded([...scopes], 'scope'), targets: [EVERYWHERE] }))
}

/** Reads `authorization_details` (RFC 9396): JSON text, or the list that it stands for. Pure. @throws AccessRefused */
export function readDetails(details: unknown, words: WordsOf): readonly ConsentDetail[] {
  if (details === undefined) return []
  const list: unknown = typeof details === 'string' ? parseJson(details) : details
  if (!Array.isArray(list)) throw new AccessRefused('authorization_details', 'authorization_details is no JSON array')
  return list.map((detail) => readDetail(detail, words))
}

/** Reads one member of `authorization_details`. Pure. @throws AccessRefused */
export function readDetail(detail: unknown, words: WordsOf): ConsentDetail {
  if (!isObject(detail)) throw new AccessRefused('authorization_details', 'each entry is a JSON object')
  const stranger = Object.keys(detail).find((member) => !['type', 'integration', 'scopes', 'targets'].includes(member))
  if (detail['type'] !== 'postern' || stranger !== undefined) {
    throw new AccessRefused('authorization_details', 'an entry has type postern, integration, scopes and, optionally, targets, and nothing else')
  }
  const { integration } = detail
  if (typeof integration !== 'string') throw new AccessRefused('authorization_details', 'integration is a text')
  const scopes = readTexts(detail['scopes'], 'scopes', SCOPE, MAX_SCOPES)
  const targets = detail['targets'] === undefined ? [EVERYWHERE] : readTexts(detail['targets'], 'targets', TARGET, MAX_TARGETS)
  for (const scope of scopes) {
    const problem = problemOfScope(integration, scope, words)
    if (problem !== undefined) throw new AccessRefused('authorization_details', problem)
  }
  return { integration, scopes, targets }
}

function problemOfScope(integration: string, scope: string, words: WordsOf): string | undefined {
  if (!INTEGRATION.test(integration)) return 'the name of an integration has lower-case letters, digits, _ and -'
  const known = words(integration)
  if (known === undefined) return `${integration} is no integration here`
  if (!SCOPE.test(scope)) return 'a scope has 1 to 128 printable characters'
  return known.canonicalScope(scope) === undefined ? `${integration} has no scope ${scope}` : undefined
}

function readTexts(value: unknown, name: string, form: RegExp, most: number): readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > most || !value.every((entry) => typeof entry === 'string' && form.test(entry))) {
    throw new AccessRefused('authorization_details', `${name} is a list of 1 to ${most} texts of the form accepted here`)
  }
  return [...new Set<string>(value)]
}

function bounded(scopes: readonly string[], about: AccessRefused['about']): readonly string[] {
  if (scopes.length > MAX_SCOPES) throw new AccessRefused(about, `more than ${MAX_SCOPES} scopes of one integration`)
  return scopes
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new AccessRefused('authorization_details', 'authorization_details is not JSON')
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
