import type { Access } from '../../model/operation.ts'
import type { OperationFacts, Vocabulary } from '../integration.ts'

/** How the scopes and targets of a described upstream compare. */
export interface VocabularyOptions {
  readonly operations: readonly OperationFacts[]
  /** `x:write` does not include `x:read` at this upstream. */
  readonly exactScopes: boolean
  /** The upstream takes `Prod` and `prod` for the same target. */
  readonly foldTargetCase: boolean
}

interface Leveled {
  readonly permission: string
  readonly access: Access
}

const RANK: Readonly<Record<Access, number>> = { read: 1, write: 2, admin: 3 }
const LEVELED = /^(.+):(read|write|admin)$/

/**
 * The words that the routes themselves declare. `x:read`, `x:write` and `x:admin` are levels of one permission, each including the lower
 * ones; any other scope stands for itself alone. A scope that no route needs, nor any level of it, is unknown.
 */
export function routesVocabulary({ operations, exactScopes, foldTargetCase }: VocabularyOptions): Vocabulary {
  const declared = new Set(operations.flatMap(({ alternatives }) => alternatives.flat()))
  const permissions = new Set([...declared].map((scope) => leveled(scope)?.permission))
  return {
    canonicalScope(text) {
      if (declared.has(text)) return text
      const scope = exactScopes ? undefined : leveled(text)
      return scope !== undefined && permissions.has(scope.permission) ? text : undefined
    },
    covers(granted, needed) {
      if (granted === needed) return true
      return !exactScopes && includes(leveled(granted), leveled(needed))
    },
    canonicalTarget: (text) => (foldTargetCase ? text.toLowerCase() : text),
    operations: () => operations,
  }
}

function includes(granted: Leveled | undefined, needed: Leveled | undefined): boolean {
  if (granted === undefined || needed === undefined) return false
  return granted.permission === needed.permission && RANK[granted.access] >= RANK[needed.access]
}

function leveled(scope: string): Leveled | undefined {
  const match = LEVELED.exec(scope)
  return match === null ? undefined : { permission: match[1] as string, access: match[2] as Access }
}
