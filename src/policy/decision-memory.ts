import type { Decision } from '../model/decision.ts'
import { sameTargets, type Operation } from '../model/operation.ts'
import type { Principal } from '../model/principal.ts'
import type { EvaluationInput } from './snapshot.ts'

/** Decisions kept for one principal; beyond it all of its are forgotten, and made anew. */
const MAX_PER_PRINCIPAL = 128
/** Of all of them, some 50 MB: each renewed token has a principal of its own, and tokens that have ended are still known for long. */
const MAX_KEPT = 32_768
/** Longer texts are rare, and not worth their memory. */
const MAX_KEY_LENGTH = 512

interface Kept {
  readonly operation: Operation
  readonly decision: Decision
}

/** A principal's. */
interface Decisions {
  readonly byKey: Map<string, Kept>
  /** Catalogues give the very same object for a request that is made again: found without a key. */
  latest: Kept | undefined
}

/**
 * Decisions of one snapshot, by all that they were made of: the principal (the very object, so that a changed delegation has none), the operation
 * and its targets. Only for rules that look at nothing else, and while the delegation runs. A new snapshot has a new memory.
 */
export class DecisionMemory {
  #ofPrincipal = new WeakMap<Principal, Decisions>()
  #kept = 0

  /** @param decide makes the decision where none is kept; it must look at nothing but what is named above */
  decide(input: EvaluationInput, decide: (input: EvaluationInput) => Decision): Decision {
    const { principal, operation, nowMs } = input
    // That it has ended is part of the decision, and of time.
    if (principal.delegation !== undefined && nowMs >= principal.delegation.expiresAtMs) return decide(input)
    const kept = this.#ofPrincipal.get(principal)
    if (kept?.latest?.operation === operation) return kept.latest.decision
    const key = keyOf(operation)
    if (key === undefined) return decide(input)
    const known = kept?.byKey.get(key)
    if (kept !== undefined && known !== undefined && sameOperation(known.operation, operation)) {
      kept.latest = { operation, decision: known.decision }
      return known.decision
    }
    const decision = decide(input)
    this.#keep(principal, key, { operation, decision })
    return decision
  }

  #keep(principal: Principal, key: string, decided: Kept): void {
    if (this.#kept >= MAX_KEPT) {
      this.#ofPrincipal = new WeakMap()
      this.#kept = 0
    }
    const kept = this.#ofPrincipal.get(principal) ?? this.#begin(principal)
    const before = kept.byKey.size
    if (before >= MAX_PER_PRINCIPAL) kept.byKey.clear()
    kept.byKey.set(key, decided)
    kept.latest = decided
    this.#kept += kept.byKey.size - before
  }

  #begin(principal: Principal): Decisions {
    const kept: Decisions = { byKey: new Map(), latest: undefined }
    this.#ofPrincipal.set(principal, kept)
    return kept
  }
}

/** @returns undefined where it is not worth keeping */
function keyOf({ integration, name, targets }: Operation): string | undefined {
  const of = targets.kind === 'named' ? targets.names.length === 1 ? targets.names[0] : targets.names.join('\u0001') : targets.kind
  const key = `${integration}\u0000${name}\u0000${targets.kind}\u0000${of}`
  return key.length > MAX_KEY_LENGTH ? undefined : key
}

/** The key only finds: what counts is that every part is the same. Catalogues give the very same lists for the same operation. */
function sameOperation(one: Operation, other: Operation): boolean {
  return one.integration === other.integration && one.name === other.name && one.alternatives === other.alternatives && one.access === other.access
    && one.counterparts === other.counterparts && sameTargets(one.targets, other.targets)
}
