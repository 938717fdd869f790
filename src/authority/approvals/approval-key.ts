import { createHash } from 'node:crypto'
import type { ApprovalOrder } from '../../sync/contract.ts'
import { LAYERS } from '../../model/decision.ts'

/**
 * What makes two questions the same: who asks, in which run, for what, by which rules, and the request as the person reads it. A yes is to
 * just that. Pure.
 * @returns undefined where it cannot be told what would be acted on: a yes would be to anything
 */
export function approvalKey(order: ApprovalOrder): string | undefined {
  const { principal, operation, request } = order
  if (operation.targets.kind === 'unresolved') return undefined
  const { delegation } = principal
  const parts = [
    principal.agent, delegation?.person, delegation?.id, delegation?.session,
    operation.integration, operation.name, targetsOf(order).toSorted(), askingRules(order), request,
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

/** The named targets; none where the operation has none. */
export function targetsOf({ operation: { targets } }: ApprovalOrder): readonly string[] {
  return targets.kind === 'named' ? targets.names : []
}

/** Every rule that asks, by its layer. */
export function askingRules({ decision: { layers } }: ApprovalOrder): readonly string[] {
  return LAYERS.filter((layer) => layers[layer].effect === 'ask').map((layer) => layers[layer].rule?.id ?? layer)
}
