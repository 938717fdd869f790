import { deny, type Denial } from '../../model/denial.ts'
import type { Identified, Received, Stage } from '../exchange.ts'
import type { Admission, AgentUse } from './admission.ts'

/** Takes one exchange's place for its agent, who is known by now, or sheds it. Synchronous; allocates nothing where there is room. */
export function admitStage(admission: Admission): Stage<Identified, 'admission', AgentUse> {
  return {
    name: 'admit',
    adds: 'admission',
    run: ({ principal }): AgentUse | Denial => admission.beginExchange(principal.agent),
  }
}

/**
 * Stands before identify and bounds what waits for its identity, of whom nobody knows yet whose bound it would count against: keys that are
 * slow to come must not pile up requests. @param open exchanges under way, those that were let in among them
 */
export function arriveStage(maxOpen: number, open: () => number): Stage<Received, 'arrival', null> {
  return {
    name: 'arrive',
    adds: 'arrival',
    run: () => (open() > maxOpen ? deny('overloaded', 'too many requests wait to be identified', { retryAfterMs: RETRY_AFTER_MS }) : null),
  }
}

const RETRY_AFTER_MS = 1_000
