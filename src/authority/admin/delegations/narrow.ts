import type { ConsentDetail } from '../../../model/principal.ts'
import { compileGlob, isGlob } from '../../../policy/globs.ts'
import type { DelegatedAccess } from '../../../store/ports/delegations.ts'

/**
 * What stays of an approval: each wish has to lie within one thing that was approved, and keeps its connection. Pure.
 * @returns what would be more than there is, in one sentence, where the wish is no narrowing
 */
export function narrow(standing: readonly DelegatedAccess[], wish: readonly ConsentDetail[]): { readonly access: readonly DelegatedAccess[] } | { readonly problem: string } {
  const access: DelegatedAccess[] = []
  for (const wanted of wish) {
    const within = standing.find((approved) => approved.integration === wanted.integration && holds(approved, wanted))
    if (within === undefined) return { problem: `No one approval of ${wanted.integration} covers ${wanted.scopes.join(' ')} on ${wanted.targets.join(' ')}.` }
    access.push({ integration: wanted.integration, scopes: wanted.scopes, targets: wanted.targets, connection: within.connection })
  }
  return { access }
}

/** In the words that were approved: an alias of a scope is not looked up here, so that nothing can grow by a changed catalogue. */
function holds(approved: ConsentDetail, wanted: ConsentDetail): boolean {
  return wanted.scopes.every((scope) => approved.scopes.includes(scope)) && wanted.targets.every((target) => reaches(approved.targets, target))
}

/** The same pattern, or one name that an approved pattern matches: what lies between two patterns is not computed. */
function reaches(approved: readonly string[], target: string): boolean {
  if (approved.includes(target)) return true
  return !target.includes('*') && approved.some((pattern) => isGlob(pattern) && compileGlob(pattern)(target))
}
