import type { Access } from '../../../model/operation.ts'
import type { Need } from './shape.ts'

/** Marks a need that either of two permissions meets. */
const EITHER = 'issues|pull_requests:'

/**
 * The alternatives of scopes for everything that is needed together. What issues and pull requests have in common takes either permission, and
 * is met by what the rest needs of them where that suffices. Pure.
 */
export function alternativesOf(needs: ReadonlySet<Need>): readonly (readonly string[])[] {
  const plain = withoutCovered([...needs].filter((need) => !need.startsWith(EITHER)))
  const either = [...needs].flatMap((need) => (need.startsWith(EITHER) ? [need.slice(EITHER.length)] : []))
  if (either.length === 0) return [plain.toSorted()]
  const level = either.includes('write') ? 'write' : 'read'
  const met = plain.some((scope) => scope === `issues:${level}` || scope === `pull_requests:${level}` || /^(?:issues|pull_requests):write$/.test(scope))
  if (met) return [plain.toSorted()]
  return ['issues', 'pull_requests'].map((permission) => withoutCovered([...plain, `${permission}:${level}`]).toSorted())
}

/** The highest level of all. */
export function accessOf(needs: ReadonlySet<Need>): Access {
  return [...needs].some((need) => need.endsWith(':write')) ? 'write' : 'read'
}

/** Write includes read. */
function withoutCovered(scopes: readonly string[]): readonly string[] {
  const all = new Set(scopes)
  return [...all].filter((scope) => !scope.endsWith(':read') || !all.has(`${scope.slice(0, -':read'.length)}:write`))
}
