import type { Vocabulary } from '../../integrations/integration.ts'
import type { ConsentDetail, Delegation } from '../../model/principal.ts'
import { globCovers } from '../../policy/glob-cover.ts'

/** One scope and where it is approved. */
export interface ApprovedScope {
  /** Canonical. */
  readonly scope: string
  /** Globs in the form in which targets are compared. */
  readonly targets: readonly string[]
}

/**
 * What a delegation approves at one integration: of what its token says and what stands at the authority, that which both cover.
 * Pure. Where two globs overlap and neither covers the other, what they share is left out: narrower, never wider.
 */
export function approvedAccess(delegation: Delegation, integration: string, vocabulary: Vocabulary): readonly ApprovedScope[] {
  const told = scopesOf(delegation.consent, integration, vocabulary)
  if (delegation.standing === undefined) return told
  const standing = scopesOf(delegation.standing.consent, integration, vocabulary)
  return told.flatMap((one) => standing.flatMap((other) => sharedBy(one, other, vocabulary)))
}

/** The targets at which a scope is approved, by whichever of the approved scopes that cover it. */
export function targetsOf(approved: readonly ApprovedScope[], scope: string, vocabulary: Vocabulary): readonly string[] {
  return [...new Set(approved.filter((one) => vocabulary.covers(one.scope, scope)).flatMap(({ targets }) => targets))]
}

function scopesOf(details: readonly ConsentDetail[], integration: string, vocabulary: Vocabulary): readonly ApprovedScope[] {
  return details.filter((detail) => detail.integration === integration).flatMap(({ scopes, targets }) =>
    scopes.flatMap((text) => {
      const scope = vocabulary.canonicalScope(text)
      return scope === undefined ? [] : [{ scope, targets: targets.map((target) => vocabulary.canonicalTarget(target)) }]
    }))
}

function sharedBy(one: ApprovedScope, other: ApprovedScope, vocabulary: Vocabulary): readonly ApprovedScope[] {
  const scope = vocabulary.covers(other.scope, one.scope) ? one.scope : vocabulary.covers(one.scope, other.scope) ? other.scope : undefined
  if (scope === undefined) return []
  const targets = one.targets.flatMap((mine) => other.targets.flatMap((theirs) =>
    globCovers(theirs, mine) ? [mine] : globCovers(mine, theirs) ? [theirs] : []))
  return targets.length === 0 ? [] : [{ scope, targets: [...new Set(targets)] }]
}
