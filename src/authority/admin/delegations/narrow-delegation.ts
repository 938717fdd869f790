import type { z } from '@hono/zod-openapi'
import type { AuditLog } from '../../../audit/log.ts'
import type { Clock } from '../../../lib/clock.ts'
import { deny, Fault, type Denial } from '../../../model/denial.ts'
import type { PersonId } from '../../../model/ids.ts'
import type { Delegations, StoredDelegation } from '../../../store/ports/delegations.ts'
import { recordAfter } from '../records/record-after.ts'
import { momentOf } from '../wire/values.ts'
import type { delegationNarrowing, NameOf } from '../wire/delegation.ts'
import { narrow } from './narrow.ts'

interface NarrowDeps {
  readonly delegations: Pick<Delegations, 'change'>
  readonly audit: AuditLog
  readonly clock: Clock
  readonly nameOf: NameOf
}

type Wish = z.infer<typeof delegationNarrowing>

/**
 * Narrows a delegation by its person's or an operator's will. In force in the proxy once this resolves: the store tells the live copy first.
 * @returns what stands now; the denial `input_refused` where it would be more, `state_conflict` where it ended or was changed meanwhile
 * @throws StoreError, Fault `audit_unavailable`
 */
export async function narrowDelegation(stored: StoredDelegation, wish: Wish, by: PersonId, deps: NarrowDeps): Promise<StoredDelegation | Denial> {
  const { clock, audit } = deps
  if (wish.access === undefined && wish.expires_at === undefined) return refused('Nothing is to be narrowed.')
  // First: what lies within an approval as it was read need not lie within what it is by now.
  if (stored.version !== wish.version) return conflict(stored, wish)
  const within = wish.access === undefined ? { access: stored.access } : narrow(stored.access, wish.access)
  if ('problem' in within) return refused(within.problem)
  const expiresAtMs = wish.expires_at === undefined ? stored.expiresAtMs : Date.parse(wish.expires_at)
  if (expiresAtMs > stored.expiresAtMs || expiresAtMs <= clock.nowMs()) return refused(`It can end from now on until ${momentOf(stored.expiresAtMs)}.`)
  if (!audit.writable) throw new Fault('audit_unavailable', 'a change of a delegation cannot be recorded, and is not made')
  const after = await deps.delegations.change(stored.id, wish.version, within.access, expiresAtMs)
  if (after === undefined) return conflict(stored, wish)
  await record(after, by, deps)
  return after
}

function record(after: StoredDelegation, by: PersonId, { audit, nameOf }: NarrowDeps): Promise<void> {
  return recordAfter(audit, {
    event: 'delegation.narrowed',
    agent: { id: after.agent, name: nameOf(after.agent) ?? after.agent },
    user: { id: after.person, name: undefined },
    by,
    delegation: after.id,
    scopes: after.access.flatMap(({ integration, scopes }) => scopes.map((scope) => `${integration}:${scope}`)),
    target: after.access.flatMap(({ targets }) => targets).join(','),
    reason: `stands until ${momentOf(after.expiresAtMs)}`,
    outcome: 'ok',
  })
}

function conflict({ id }: StoredDelegation, { version }: Wish): Denial {
  return deny('state_conflict', `${id} is not at version ${version}, or has ended`, { hint: 'It has ended or was changed meanwhile: read it again.' })
}

function refused(hint: string): Denial {
  return deny('input_refused', hint, { hint })
}
