import type { AgentEntry, AgentOrder } from './agent-entry.ts'

const PROOFS = [
  ['spiffeId', 'SPIFFE id'],
  ['subject', 'certificate subject'],
  ['serviceAccount', 'service account'],
] as const

/** What of the agent is another's, in one sentence: a proof that two agents share would prove neither. Pure. */
export function takenProof(wanted: AgentOrder, others: readonly AgentEntry[]): string | undefined {
  for (const { agent } of others) {
    if (agent.id === wanted.id) return `${wanted.id} is registered already`
    for (const [proof, words] of PROOFS) {
      if (wanted[proof] !== undefined && wanted[proof] === agent[proof]) return `This ${words} is that of ${agent.id}.`
    }
  }
  return undefined
}
