import { seenBy } from '../access/caller.ts'
import type { AdminContext } from '../admin-env.ts'
import { refuse, type Refused } from '../refuse.ts'
import type { StreamSlots } from '../streams/stream-slots.ts'

/** Refuses to search another person’s part of the audit: to show nothing would read as if nothing had happened. */
export function notOthers(c: AdminContext, person: string | undefined): Refused | undefined {
  const only = seenBy(c.get('caller'))
  if (only === undefined || person === undefined || person === only || `user:${person}` === only) return undefined
  return refuse(c, 'role_required', 'another person’s part of the audit is for operators and auditors')
}

/** Takes a place among what takes long, or refuses. @returns the function that gives it back */
export function takeSlot(c: AdminContext, slots: StreamSlots, hint: string, retryAfterMs: number): (() => void) | Refused {
  return slots.take(c.get('caller').id) ?? refuse(c, 'too_many_requests', 'too many at once', { hint, retryAfterMs })
}
