import type { Connection } from '../../../store/ports/connections.ts'
import type { AdminIntegration } from '../integrations/admin-integration.ts'

/** What a connection was granted, held against what it is needed for. Undefined is what cannot be told; `note` says why. */
export interface ScopeStanding {
  readonly granted: readonly string[] | undefined
  readonly needed: readonly string[]
  readonly missing: readonly string[] | undefined
  readonly excess: readonly string[] | undefined
  readonly note: string | undefined
}

/** OpenID Connect: of the authorisation itself, and no right to anything. */
const OF_THE_PROTOCOL: ReadonlySet<string> = new Set(['openid', 'offline_access'])

const UNKNOWN_INTEGRATION = 'The configuration has no such integration any more.'
const ORGANISATIONS = 'It is the organisation’s: rules lend it, and no delegation is bound to it.'
const NEVER_SAID = 'The upstream did not say what it granted.'
const TOO_MANY = 'Too many delegations of its owner are live to tell which scopes none of them uses.'

/**
 * Compares the scopes of a connection with those that live delegations need, as its issuer will: word by word. Pure.
 * @param approved what delegations bound to it were approved for, in any of the words of policy
 * @param complete whether that is all of them
 */
export function scopeStanding(
  { owner, scopes, state }: Pick<Connection, 'owner' | 'scopes' | 'state'>, integration: AdminIntegration | undefined, approved: readonly string[], complete: boolean,
): ScopeStanding {
  const needed = unique(approved.map((scope) => integration?.vocabulary.canonicalScope(scope) ?? scope))
  const untold = (note: string) => ({ granted: undefined, needed, missing: undefined, excess: undefined, note })
  if (integration === undefined) return untold(UNKNOWN_INTEGRATION)
  if (owner === 'organisation') return { ...untold(ORGANISATIONS), granted: scopes.length === 0 ? undefined : scopes }
  if (integration.scopesNote !== undefined) return untold(integration.scopesNote)
  // One that was revoked keeps the memory of its scopes, and nothing else of them.
  const granted = state === 'revoked' ? [] : unique(scopes)
  if (granted.length === 0 && state !== 'revoked') return untold(NEVER_SAID)
  const uses = needed.map((scope) => integration.grantedAs(scope))
  const missing = unique([...uses, ...integration.wanted]).filter((scope) => !granted.includes(scope))
  const excess = granted.filter((scope) => !uses.includes(scope) && !OF_THE_PROTOCOL.has(scope))
  return { granted, needed, missing, excess: complete ? excess : undefined, note: complete ? undefined : TOO_MANY }
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)]
}
