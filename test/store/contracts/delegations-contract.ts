import { beforeEach, describe, expect, it } from 'vitest'
import { type ConnectionId, newId } from '../../../src/model/ids.ts'
import type { DelegatedAccess, NewDelegation } from '../../../src/store/ports/delegations.ts'
import { ALICE, allPages, BOB, changesDuring, type OpenStore, REVIEWER, type StoreUnderTest, TRIAGE } from './store-under-test.ts'

const HOUR_MS = 3_600_000
const ACCESS: readonly DelegatedAccess[] = [
  { integration: 'github', scopes: ['pulls:read', 'pulls:write'], targets: ['acme-corp/backend'], connection: 'con_alice' as ConnectionId },
  { integration: 'slack', scopes: ['chat:write'], targets: ['#code-review'], connection: undefined },
]

/** What every adapter of the delegations port keeps to. */
export function delegationsContract(open: OpenStore): void {
  describe('delegations', () => {
    let under: StoreUnderTest
    const delegations = () => under.store.delegations

    beforeEach(async () => { under = await open() })

    function draft(changes: Partial<NewDelegation> = {}): NewDelegation {
      return {
        id: newId('dlg'), agent: REVIEWER, person: ALICE, access: ACCESS, expiresAtMs: under.clock.now + HOUR_MS, session: newId('ses'), ...changes,
      }
    }

    /** Each a millisecond after the one before. */
    async function granted(changes: Partial<NewDelegation> = {}): Promise<NewDelegation> {
      const wanted = draft(changes)
      under.clock.now += 1
      await delegations().create(wanted)
      return wanted
    }

    it('gives back what was approved, with its first session', async () => {
      const wanted = draft()
      const made = await delegations().create(wanted)
      const expected = {
        id: wanted.id, agent: REVIEWER, person: ALICE, access: ACCESS, state: 'active', createdAtMs: under.clock.now,
        expiresAtMs: wanted.expiresAtMs, endedAtMs: undefined, endedBy: undefined, endReason: undefined, version: 1,
      }
      const session = {
        id: wanted.session, delegation: wanted.id, agent: REVIEWER, person: ALICE, startedAtMs: under.clock.now,
        expiresAtMs: wanted.expiresAtMs, endedAtMs: undefined, endReason: undefined, secretDigest: undefined,
      }
      expect(made).toEqual(expected)
      await under.store.close()
      const reopened = await under.reopen()
      expect(await reopened.delegations.get(wanted.id)).toEqual(expected)
      expect(await reopened.delegations.session(wanted.session)).toEqual(session)
      expect((await reopened.delegations.sessions({ delegation: wanted.id }, { limit: 10 })).items).toEqual([session])
    })

    it('ends the first session before the delegation where it is to', async () => {
      const { session } = await granted({ sessionExpiresAtMs: under.clock.now + 500 })
      expect((await delegations().session(session))?.expiresAtMs).toBe(under.clock.now + 499)
      const longer = await granted({ sessionExpiresAtMs: under.clock.now + 10 * HOUR_MS })
      expect((await delegations().session(longer.session))?.expiresAtMs).toBe(longer.expiresAtMs)
    })

    it('knows nothing of what was never approved', async () => {
      expect(await delegations().get(newId('dlg'))).toBeUndefined()
      expect(await delegations().session(newId('ses'))).toBeUndefined()
      expect(await delegations().end(newId('dlg'), 'revoked', 'user:alice@acme.com', undefined)).toBeUndefined()
      expect(await delegations().startSession(newId('dlg'), newId('ses'), under.clock.now + 1)).toBeUndefined()
      expect(await delegations().change(newId('dlg'), 1, ACCESS, under.clock.now + 1)).toBeUndefined()
      expect(await delegations().endSession(newId('ses'), 'x')).toBe(false)
      expect(await delegations().setSessionSecret(newId('ses'), 'digest')).toBe(false)
    })

    it('stores both or neither: an id that was used before makes no delegation without its session', async () => {
      const first = await granted()
      await expect(delegations().create(draft({ id: first.id, person: BOB }))).rejects.toMatchObject({ name: 'StoreError' })
      const half = draft({ session: first.session, person: BOB })
      await expect(delegations().create(half)).rejects.toMatchObject({ name: 'StoreError' })
      expect(await delegations().get(half.id)).toBeUndefined()
      expect((await delegations().get(first.id))?.person).toBe(ALICE)
      expect((await delegations().list({}, { limit: 10 })).items).toHaveLength(1)
      expect((await delegations().sessions({}, { limit: 10 })).items).toHaveLength(1)
    })

    it('changes what stands approved where the version is still the one that was read', async () => {
      const { id, expiresAtMs } = await granted()
      const changed = await delegations().change(id, 1, ACCESS.slice(0, 1), expiresAtMs + HOUR_MS)
      expect(changed).toMatchObject({ version: 2, access: ACCESS.slice(0, 1), expiresAtMs: expiresAtMs + HOUR_MS, state: 'active' })
      expect(await delegations().change(id, 1, ACCESS, expiresAtMs)).toBeUndefined()
      expect(await delegations().get(id)).toEqual(changed)
    })

    it('lets one of many that change the same version win', async () => {
      const { id, expiresAtMs } = await granted()
      const other = await under.reopen()
      const changes = [1, 2, 3, 4, 5, 6].map((n) => (n % 2 === 0 ? other.delegations : delegations()).change(id, 1, ACCESS, expiresAtMs + n))
      expect((await Promise.all(changes)).filter((changed) => changed !== undefined)).toHaveLength(1)
    })

    it('ends a delegation with all of its sessions that run, and of no other', async () => {
      const { id, session } = await granted()
      const other = await granted()
      const [second, over] = [newId('ses'), newId('ses')]
      await delegations().startSession(id, second, under.clock.now + HOUR_MS)
      await delegations().startSession(id, over, under.clock.now + HOUR_MS)
      await delegations().endSession(over, 'signed_out')
      under.clock.now += 10
      const ended = await delegations().end(id, 'revoked', 'user:alice@acme.com', 'no longer needed')
      const expected = { state: 'revoked', endedAtMs: under.clock.now, endedBy: 'user:alice@acme.com', endReason: 'no longer needed', version: 2 }
      expect(ended).toMatchObject({ changed: true, delegation: { id, ...expected } })
      expect(ended?.sessions.toSorted()).toEqual([session, second].toSorted())
      expect(await delegations().get(id)).toEqual(ended?.delegation)
      expect(await delegations().session(second)).toMatchObject({ endedAtMs: under.clock.now, endReason: 'revoked' })
      expect(await delegations().session(over)).toMatchObject({ endedAtMs: under.clock.now - 10, endReason: 'signed_out' })
      expect(await delegations().get(other.id)).toMatchObject({ state: 'active', version: 1 })
      expect(await delegations().session(other.session)).toMatchObject({ endedAtMs: undefined })
    })

    it('never brings back what has ended', async () => {
      const { id, session, expiresAtMs } = await granted()
      const ended = await delegations().end(id, 'revoked', 'user:alice@acme.com', undefined)
      expect(await delegations().end(id, 'expired', 'system', 'late')).toEqual({ delegation: ended?.delegation, sessions: [], changed: false })
      expect(await delegations().change(id, 1, ACCESS, expiresAtMs)).toBeUndefined()
      expect(await delegations().change(id, 2, ACCESS, expiresAtMs)).toBeUndefined()
      expect(await delegations().startSession(id, newId('ses'), expiresAtMs)).toBeUndefined()
      expect(await delegations().setSessionSecret(session, 'digest')).toBe(false)
      expect(await delegations().endSession(session, 'again')).toBe(false)
      await expect(delegations().create(draft({ id }))).rejects.toMatchObject({ name: 'StoreError' })
      expect(await delegations().get(id)).toEqual(ended?.delegation)
      expect(await delegations().session(session)).toMatchObject({ endReason: 'revoked', secretDigest: undefined })
    })

    it('ends once, whoever ends it, and leaves no session that was started at the same time', async () => {
      const { id } = await granted()
      const other = await under.reopen()
      const racing = [0, 1, 2, 3, 4, 5, 6, 7].map(async (n) => {
        const store = n % 2 === 0 ? under.store : other
        await store.delegations.startSession(id, newId('ses'), under.clock.now + HOUR_MS)
        return await store.delegations.end(id, 'revoked', `user:${n}@acme.com`, undefined)
      })
      expect((await Promise.all(racing)).filter((ended) => ended?.changed)).toHaveLength(1)
      expect((await delegations().sessions({ delegation: id, running: true }, { limit: 100 })).items).toEqual([])
    })

    it('takes one whose time is over for ended, although nobody has ended it yet', async () => {
      const { id, session, expiresAtMs } = await granted()
      under.clock.now = expiresAtMs
      expect(await delegations().change(id, 1, ACCESS, expiresAtMs + HOUR_MS)).toBeUndefined()
      expect(await delegations().startSession(id, newId('ses'), expiresAtMs + HOUR_MS)).toBeUndefined()
      expect(await delegations().setSessionSecret(session, 'digest')).toBe(false)
      expect(await delegations().end(id, 'expired', 'system', undefined)).toMatchObject({ changed: true, sessions: [session], delegation: { state: 'expired' } })
    })

    it('lists what is overdue, and nothing else', async () => {
      const soon = await granted({ expiresAtMs: under.clock.now + 100 })
      const ended = await granted({ expiresAtMs: under.clock.now + 100 })
      await granted()
      await delegations().end(ended.id, 'revoked', 'user:alice@acme.com', undefined)
      expect(await delegations().overdue(soon.expiresAtMs - 1, 10)).toEqual([])
      expect((await delegations().overdue(soon.expiresAtMs, 10)).map(({ id }) => id)).toEqual([soon.id])
      expect((await delegations().overdueSessions(soon.expiresAtMs, 10)).map(({ id }) => id)).toEqual([soon.session])
      expect(await delegations().overdue(under.clock.now + 2 * HOUR_MS, 1)).toHaveLength(1)
      expect(await delegations().overdueSessions(under.clock.now + 2 * HOUR_MS, 1)).toHaveLength(1)
    })

    it('ends a session alone, once, and leaves the delegation to its others', async () => {
      const { id, session } = await granted()
      const second = newId('ses')
      expect(await delegations().startSession(id, second, under.clock.now + 500)).toMatchObject({
        id: second, delegation: id, agent: REVIEWER, person: ALICE, startedAtMs: under.clock.now, expiresAtMs: under.clock.now + 500,
      })
      const answers = await Promise.all([1, 2, 3, 4].map((n) => delegations().endSession(session, `reason ${n}`)))
      expect(answers.filter(Boolean)).toHaveLength(1)
      expect(await delegations().get(id)).toMatchObject({ state: 'active' })
      const running = await delegations().sessions({ delegation: id, running: true }, { limit: 10 })
      expect(running.items.map((item) => item.id)).toEqual([second])
    })

    it('keeps one session secret’s digest, the last', async () => {
      const { session } = await granted()
      expect(await delegations().setSessionSecret(session, 'digest-1')).toBe(true)
      expect(await delegations().setSessionSecret(session, 'digest-2')).toBe(true)
      expect(await delegations().session(session)).toMatchObject({ secretDigest: 'digest-2' })
    })

    it('never gives a session’s id to another delegation', async () => {
      const first = await granted()
      const other = await granted({ person: BOB })
      await expect(delegations().startSession(other.id, first.session, under.clock.now + 10)).rejects.toMatchObject({ name: 'StoreError' })
      expect(await delegations().session(first.session)).toMatchObject({ delegation: first.id, person: ALICE })
    })

    it('lists newest first, in parts, by person, agent and state', async () => {
      const made: NewDelegation[] = []
      for (let n = 0; n < 12; n++) made.push(await granted({ person: n % 2 === 0 ? ALICE : BOB, agent: n % 3 === 0 ? REVIEWER : TRIAGE }))
      await delegations().end(made[4]?.id ?? newId('dlg'), 'revoked', 'user:alice@acme.com', undefined)
      const listed = (filter: Parameters<ReturnType<typeof delegations>['list']>[0], limit: number) =>
        allPages((after) => delegations().list(filter, { limit, after })).then((items) => items.map(({ id }) => made.findIndex((one) => one.id === id)))
      expect(await listed({}, 5)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
      expect(await listed({ person: ALICE }, 2)).toEqual([10, 8, 6, 4, 2, 0])
      expect(await listed({ agent: REVIEWER }, 4)).toEqual([9, 6, 3, 0])
      expect(await listed({ person: ALICE, state: 'active' }, 3)).toEqual([10, 8, 6, 2, 0])
      expect(await listed({ person: ALICE, agent: TRIAGE, state: 'revoked' }, 3)).toEqual([4])
      expect(await listed({ state: 'expired' }, 3)).toEqual([])
    })

    it('gives every item once where many were made at the same moment, and says which part was the last', async () => {
      const ids = await Promise.all(Array.from({ length: 9 }, async () => (await delegations().create(draft())).id))
      const parts = await allPages((after) => delegations().list({}, { limit: 3, after }))
      expect(parts.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
      expect((await delegations().list({}, { limit: 9 })).next).toBeUndefined()
      const sessions = await allPages((after) => delegations().sessions({ person: ALICE, agent: REVIEWER }, { limit: 4, after }))
      expect(new Set(sessions.map(({ id }) => id)).size).toBe(9)
    })

    it('goes on where it was while new ones are approved', async () => {
      for (let n = 0; n < 4; n++) await granted()
      const first = await delegations().list({}, { limit: 2 })
      await granted()
      const second = await delegations().list({}, { limit: 2, after: first.next })
      expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(4)
      expect(second.next).toBeUndefined()
    })

    it('refuses a part of none, of too many, and after nothing that it said', async () => {
      await expect(delegations().list({}, { limit: 0 })).rejects.toThrow(TypeError)
      await expect(delegations().list({}, { limit: 501 })).rejects.toThrow(TypeError)
      await expect(delegations().sessions({}, { limit: 10, after: 'somewhere' })).rejects.toThrow(TypeError)
    })

    it('forgets what ended long ago, and nothing that did not', async () => {
      const [old, kept, living] = [await granted(), await granted(), await granted()]
      const short = newId('ses')
      await delegations().startSession(living.id, short, under.clock.now + HOUR_MS)
      await delegations().end(old.id, 'revoked', 'user:alice@acme.com', undefined)
      await delegations().endSession(short, 'signed_out')
      const before = under.clock.now + 1
      under.clock.now += 10
      await delegations().end(kept.id, 'expired', 'system', undefined)
      expect(await delegations().forgetEnded(before, 10)).toBe(3)
      expect(await delegations().forgetEnded(before, 10)).toBe(0)
      expect(await Promise.all([old.id, kept.id, living.id].map(async (id) => (await delegations().get(id))?.state))).toEqual([undefined, 'expired', 'active'])
      const sessions = await Promise.all([old.session, kept.session, living.session, short].map((id) => delegations().session(id)))
      expect(sessions.map((session) => session?.id)).toEqual([undefined, kept.session, living.session, undefined])
    })

    it('tells each change of a delegation and of its sessions, in their order, and nothing where nothing changed', async () => {
      const wanted = draft()
      const second = newId('ses')
      const [delegation, first, further] = [{ kind: 'delegation', id: wanted.id }, { kind: 'session', id: wanted.session }, { kind: 'session', id: second }]
      const told = (run: () => Promise<unknown>) => changesDuring(under.store, run)
      expect(await told(() => delegations().create(wanted))).toEqual([delegation, first])
      expect(await told(() => delegations().change(wanted.id, 1, ACCESS, wanted.expiresAtMs))).toEqual([delegation])
      expect(await told(() => delegations().startSession(wanted.id, second, wanted.expiresAtMs))).toEqual([further])
      expect(await told(() => delegations().setSessionSecret(second, 'digest'))).toEqual([further])
      expect(await told(() => delegations().endSession(second, 'signed_out'))).toEqual([further])
      expect(await told(() => delegations().end(wanted.id, 'revoked', 'system', undefined))).toEqual([delegation, first])
      expect(await told(async () => {
        await delegations().end(wanted.id, 'revoked', 'system', undefined)
        await delegations().change(wanted.id, 1, ACCESS, wanted.expiresAtMs)
        await delegations().endSession(second, 'signed_out')
        await delegations().setSessionSecret(second, 'digest')
        await delegations().startSession(wanted.id, newId('ses'), wanted.expiresAtMs)
      })).toEqual([])
    })
  })
}
