import type { ConsentDetail } from '../../model/principal.ts'
import { globCovers } from '../../policy/glob-cover.ts'
import type { WordsOf } from './access-request.ts'

/**
 * What of an approval a narrower request leaves: each wanted scope, on each wanted target, has to be covered by one entry that stands. Pure.
 * @param wanted targets `**` stand for all that the covering entries have
 * @returns undefined where something that is wanted is not approved
 */
export function narrowConsent(
  standing: readonly ConsentDetail[], wanted: readonly ConsentDetail[], words: WordsOf,
): readonly ConsentDetail[] | undefined {
  const narrowed: ConsentDetail[] = []
  for (const detail of wanted) {
    const parts = narrowDetail(standing, detail, words)
    if (parts === undefined) return undefined
    narrowed.push(...parts)
  }
  return narrowed
}

/** Whether everything in `inner` lies within `outer`; a scope's alias is the scope. Pure. */
export function consentWithin(outer: readonly ConsentDetail[], inner: readonly ConsentDetail[], words: WordsOf): boolean {
  return inner.every((detail) => detail.scopes.every((scope) => detail.targets.every((target) =>
    outer.some((entry) => coversScope(entry, detail.integration, scope, words) && coversTarget(entry, target, words)))))
}

function narrowDetail(standing: readonly ConsentDetail[], detail: ConsentDetail, words: WordsOf): readonly ConsentDetail[] | undefined {
  const parts: ConsentDetail[] = []
  const left = new Set(detail.scopes)
  for (const entry of standing) {
    const scopes = detail.scopes.filter((scope) => coversScope(entry, detail.integration, scope, words))
    const targets = isEverywhere(detail) ? entry.targets : detail.targets.filter((target) => coversTarget(entry, target, words))
    if (scopes.length === 0 || targets.length === 0) continue
    for (const scope of scopes) left.delete(scope)
    parts.push({ integration: detail.integration, scopes, targets })
  }
  if (left.size > 0) return undefined
  return isEverywhere(detail) || consentWithin(parts, [detail], words) ? parts : undefined
}

function isEverywhere({ targets }: ConsentDetail): boolean {
  return targets.length === 1 && targets[0] === '**'
}

function coversScope(entry: ConsentDetail, integration: string, scope: string, words: WordsOf): boolean {
  const known = words(integration)
  if (entry.integration !== integration || known === undefined) return false
  const needed = known.canonicalScope(scope)
  return needed !== undefined && entry.scopes.some((held) => {
    const granted = known.canonicalScope(held)
    return granted !== undefined && known.covers(granted, needed)
  })
}

function coversTarget(entry: ConsentDetail, target: string, words: WordsOf): boolean {
  const known = words(entry.integration)
  return known !== undefined && entry.targets.some((held) => globCovers(known.canonicalTarget(held), known.canonicalTarget(target)))
}
