import { ENDPOINTS } from '../endpoint.ts'
import type { Need } from './shape.ts'

const known = new Map<string, readonly string[]>()

/**
 * The operations of the REST API that read with one of these permissions: a rule that refuses one of them by its name must not be got around
 * by asking for the same in another language. Wider than needed, as such rules match.
 */
export function readCounterparts(needs: ReadonlySet<Need>): readonly string[] {
  const scopes = [...needs].flatMap(scopesOf).toSorted()
  const key = scopes.join(' ')
  const found = known.get(key) ?? readersOf(new Set(scopes))
  // As many as there are sets of a dozen scopes that documents ask for.
  if (known.size < MAX_KNOWN) known.set(key, found)
  return found
}

const MAX_KNOWN = 1_000

function readersOf(scopes: ReadonlySet<string>): readonly string[] {
  return [...ENDPOINTS.values()].flatMap(({ name, access, alternatives }) =>
    access === 'read' && alternatives.some((needed) => needed.some((scope) => scopes.has(scope))) ? [name] : [])
}

/** Both of what either suffices for. */
export function scopesOf(need: Need): readonly string[] {
  const [permissions = '', access = ''] = need.split(':')
  return permissions.split('|').map((permission) => `${permission}:${access}`)
}
