import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import { LiveApprovals } from '../approvals/live-approvals.ts'
import { CopyAge } from './copy-age.ts'
import type { RegistryState } from './registered-agent.ts'
import type { AgentClash } from './registry-index.ts'
import { Registry } from './registry.ts'
import { StoreMirror } from './store-mirror.ts'
import { StoredAgents } from './stored-agents.ts'
import type { CopiedStore } from './store-reading.ts'

export interface LiveCopyOptions {
  readonly configuration: RegistryState
  readonly store: CopiedStore
  readonly clock: Clock
  readonly timers: Timers
  /** For how long the copy may be out of date before nobody is told to be good: 30 s, and 5 s where the audit is strict. */
  readonly leaseMs: number
  /** Told of an agent of the store that cannot be used, once. */
  readonly onClash: (clash: AgentClash) => void
  /** Told of what went wrong beside a request: a subscriber that threw, a change that could not be read yet. */
  readonly onError: (error: unknown) => void
}

/** The live copy of the store, kept up. */
export interface LiveCopy {
  readonly registry: Registry
  readonly approvals: LiveApprovals
  readonly mirror: StoreMirror
}

/** Reads the whole copy, and keeps it up from then on; `mirror.close()` ends that. @throws StoreError */
export async function openLiveCopy({ configuration, store, clock, timers, leaseMs, onClash, onError }: LiveCopyOptions): Promise<LiveCopy> {
  const age = new CopyAge(store.changes, clock)
  const registry = new Registry(configuration, onError, { clock, leaseMs, ageMs: () => age.ageMs() })
  const approvals = new LiveApprovals()
  const agents = new StoredAgents(registry, onClash)
  const mirror = new StoreMirror({ store, registry, agents, approvals, age, clock, timers, onError })
  try {
    await mirror.start()
  } catch (error) {
    mirror.close()
    throw error
  }
  return { registry, approvals, mirror }
}
