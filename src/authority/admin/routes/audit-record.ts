import { createRoute, z } from '@hono/zod-openapi'
import { parseObject } from '../../../audit/record.ts'
import { maySee, seenBy } from '../access/caller.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminApp } from '../admin-env.ts'
import { notFound } from '../refuse.ts'
import { StreamSlots } from '../streams/stream-slots.ts'
import { auditRecord } from '../wire/audit.ts'
import { proofView, provenRecord } from '../wire/audit-proof.ts'
import { refusals } from '../wire/problem.ts'
import { takeSlot } from './audit-access.ts'

const params = z.strictObject({
  chain: z.string().regex(/^chn_[A-Za-z0-9_-]{1,64}$/, 'it is no id of this kind').openapi({ example: 'chn_Pb3kUuRjZb4fQvW1yT0a' }),
  seq: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).openapi({ description: 'the record’s number in its chain' }),
})

const show = createRoute({
  method: 'get', path: '/v1/audit/records/{chain}/{seq}', tags: ['Audit'], summary: 'One record, and the proof that it stands in its chain as it was written', request: { params },
  responses: { 200: { description: 'The record; `chains` of the list names its chain.', content: { 'application/json': { schema: provenRecord } } }, ...refusals },
})

/** How many may be proven at once: each reads up to 2 MiB of the log. */
const PER_PERSON = 6
const IN_ALL = 20

/** For the API's description. */
export const auditRecordPaths = [show]

/** One record of the audit, with its proof. */
export function auditRecordRoutes(app: AdminApp, deps: AdminDeps): void {
  const slots = new StreamSlots(PER_PERSON, IN_ALL)

  app.openapi(show, async (c) => {
    const { chain, seq } = c.req.valid('param')
    const caller = c.get('caller')
    const stored = await deps.store.auditIndex.get(chain, seq)
    if (stored === undefined || !maySee(caller, stored.person)) return notFound(c)
    const record = auditRecord.parse(parseObject(stored.line))
    const proving = takeSlot(c, slots, 'Too many records are being proven: wait for one of them.', 1_000)
    if (proving instanceof Response) return proving
    try {
      return c.json({ record, proof: proofView(await deps.auditProofs.of(stored), seenBy(caller)) }, 200)
    } finally {
      proving()
    }
  })
}
