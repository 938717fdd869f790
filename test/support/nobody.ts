import type { Sync } from '../../src/sync/contract.ts'

/** What there is for people where no authority serves them: nobody approves anything, and no page mends a refusal. */
export const NOBODY: Pick<Sync, 'approvals' | 'links'> = {
  approvals: { approved: () => undefined, ask: () => Promise.resolve(undefined) },
  links: { consent: () => undefined, connect: () => undefined },
}
