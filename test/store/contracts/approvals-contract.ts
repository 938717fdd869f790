import { beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../../src/model/ids.ts'
import type { ApprovalFilter, NewApproval } from '../../../src/store/ports/approvals.ts'
import { ALICE, allPages, BOB, changesDuring, type OpenStore, REVIEWER, type StoreUnderTest, TRIAGE } from './store-under-test.ts'

const TIME_MS = 600_000
const OPEN = { state: 'pending', answeredBy: undefined, answeredAtMs: undefined, validUntilMs: undefined }

/** What every adapter of the approvals port keeps to. */
export function approvalsContract(open: OpenStore): void {
  describe('approvals', () => {
    let under: StoreUnderTest
    const approvals = () => under.store.approvals

    beforeEach(async () => { under = await open() })

    function question(key: string, changes: Partial<NewApproval> = {}): NewApproval {
      return {
        id: newId('apr'), kind: 'operation', key, agent: REVIEWER, person: ALICE, delegation: newId('dlg'), session: newId('ses'), integration: 'github',
        operation: 'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', targets: ['acme-corp/backend'],
        text: 'PUT /repos/acme-corp/backend/pulls/42/merge', rule: 'org/ask-before-merge', answerByMs: under.clock.now + TIME_MS, ...changes,
      }
    }



    it('gives back what was asked, with and without what is optional, also over reopening', async () => {
      const asked = question('merge-42')
      const bare = question('break-glass', {
        kind: 'break_glass', agent: undefined, person: BOB, delegation: undefined, session: undefined, integration: undefined, operation: undefined,
        targets: [], text: 'the build is on fire', rule: undefined,
      })
      const expected = [asked, bare].map((one) => ({ ...one, ...OPEN, askedAtMs: under.clock.now }))
      expect(await approvals().ask(asked)).toEqual(expected[0])
      expect(await approvals().ask(bare)).toEqual(expected[1])
      await under.store.close()
      const reopened = await under.reopen()
      expect(await reopened.approvals.get(asked.id)).toEqual(expected[0])
      expect(await reopened.approvals.get(bare.id)).toEqual(expected[1])
      expect(await reopened.approvals.get(newId('apr'))).toBeUndefined()
    })

    it('is one while it is open and while it runs, however often and by whomever it is asked', async () => {
      const other = await under.reopen()
      const asked = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => (n % 2 === 0 ? other.approvals : approvals()).ask(question('merge-42'))))
      const [first] = asked
      expect(new Set(asked.map(({ id }) => id)).size).toBe(1)
      expect((await approvals().list({}, { limit: 10 })).items).toHaveLength(1)
      expect((await approvals().ask(question('merge-43'))).id).not.toBe(first?.id)
      await approvals().answer(first?.id ?? newId('apr'), 'approved', ALICE, under.clock.now + 100)
      expect(await approvals().ask(question('merge-42'))).toMatchObject({ id: first?.id, state: 'approved' })
      under.clock.now += 100
      expect(await approvals().ask(question('merge-42'))).toMatchObject(OPEN)
    })

    it.each<[string, (id: NewApproval['id']) => Promise<unknown>]>([
      ['denied', (id) => approvals().answer(id, 'denied', ALICE, undefined)],
      ['ended', (id) => approvals().expire(id)],
      ['not answered in time', async () => { under.clock.now += TIME_MS }],
    ])('is asked anew where it was %s', async (_, end) => {
      const first = await approvals().ask(question('merge-42'))
      await end(first.id)
      const second = await approvals().ask(question('merge-42'))
      expect(second).toMatchObject(OPEN)
      expect(second.id).not.toBe(first.id)
    })

    it('keeps the answer: who, when, and until when it holds', async () => {
      const { id } = await approvals().ask(question('merge-42'))
      under.clock.now += 5
      const answered = await approvals().answer(id, 'approved', ALICE, under.clock.now + 1000)
      expect(answered).toMatchObject({ state: 'approved', answeredBy: ALICE, answeredAtMs: under.clock.now, validUntilMs: under.clock.now + 1000 })
      expect(await approvals().get(id)).toEqual(answered)
    })

    it('takes the first of several answers, and no other', async () => {
      const other = await under.reopen()
      const { id } = await approvals().ask(question('merge-42'))
      const answers = await Promise.all(['approved', 'denied', 'approved', 'denied'].map((answer, n) =>
        (n % 2 === 0 ? other.approvals : approvals()).answer(id, answer === 'approved' ? 'approved' : 'denied', `user:${n}@acme.com`, under.clock.now + 10)))
      const counted = answers.filter((approval) => approval !== undefined)
      expect(counted).toHaveLength(1)
      expect(await approvals().get(id)).toEqual(counted[0])
    })

    it('takes no answer once its time is over', async () => {
      const { id } = await approvals().ask(question('merge-42'))
      under.clock.now += TIME_MS
      expect(await approvals().answer(id, 'approved', ALICE, under.clock.now + 1000)).toBeUndefined()
      expect(await approvals().get(id)).toMatchObject(OPEN)
      expect(await approvals().answer(newId('apr'), 'approved', ALICE, undefined)).toBeUndefined()
    })

    it('ends what is open or runs, for good, and nothing that has ended', async () => {
      const [pending, running, denied] = await Promise.all(['a', 'b', 'c'].map((key) => approvals().ask(question(key))))
      if (pending === undefined || running === undefined || denied === undefined) throw new TypeError('three were asked')
      await approvals().answer(running.id, 'approved', ALICE, under.clock.now + 1000)
      await approvals().answer(denied.id, 'denied', ALICE, undefined)
      expect(await Promise.all([pending, running, denied].map(({ id }) => approvals().expire(id)))).toEqual([true, true, false])
      expect(await Promise.all([pending, running, denied].map(({ id }) => approvals().expire(id)))).toEqual([false, false, false])
      expect(await approvals().get(pending.id)).toMatchObject({ state: 'expired', answeredBy: undefined })
      expect(await approvals().get(running.id)).toMatchObject({ state: 'expired', answeredBy: ALICE })
      expect(await approvals().get(denied.id)).toMatchObject({ state: 'denied' })
      expect(await approvals().answer(pending.id, 'approved', ALICE, under.clock.now + 1000)).toBeUndefined()
      expect(await approvals().expire(newId('apr'))).toBe(false)
    })

    it('tells one of many that find its time over', async () => {
      const other = await under.reopen()
      const { id } = await approvals().ask(question('merge-42'))
      under.clock.now += TIME_MS
      const expired = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => (n % 2 === 0 ? other.approvals : approvals()).expire(id)))
      expect(expired.filter(Boolean)).toHaveLength(1)
    })

    it('lists newest first, in parts, by kind, person, agent and state', async () => {
      const made: string[] = []
      for (let n = 0; n < 8; n++) {
        under.clock.now += 1
        const asked = await approvals().ask(question(`question-${n}`, {
          person: n % 2 === 0 ? ALICE : BOB, agent: n < 4 ? REVIEWER : TRIAGE, kind: n === 7 ? 'break_glass' : 'operation',
        }))
        made.push(asked.id)
      }
      await approvals().answer(idAt(made, 1), 'approved', BOB, under.clock.now + 1000)
      await approvals().expire(idAt(made, 0))
      const listed = async (filter: ApprovalFilter, limit: number) =>
        (await allPages((after) => approvals().list(filter, { limit, after }))).map(({ id }) => made.indexOf(id))
      expect(await listed({}, 3)).toEqual([7, 6, 5, 4, 3, 2, 1, 0])
      expect(await listed({ person: ALICE }, 2)).toEqual([6, 4, 2, 0])
      expect(await listed({ agent: TRIAGE, kind: 'operation' }, 2)).toEqual([6, 5, 4])
      expect(await listed({ kind: 'break_glass' }, 2)).toEqual([7])
      expect(await listed({ state: 'pending', person: ALICE }, 1)).toEqual([6, 4, 2])
      expect(await listed({ state: 'expired' }, 1)).toEqual([0])
      expect(await listed({ state: 'approved' }, 1)).toEqual([1])
      expect(await listed({ state: 'denied' }, 1)).toEqual([])
    })

    it('forgets what was asked long ago and is over, and nothing that is open or runs', async () => {
      const asked = await Promise.all(['denied', 'pending', 'running', 'late'].map((key) =>
        approvals().ask(question(key, key === 'late' ? { answerByMs: under.clock.now + 1 } : {}))))
      const [denied, pending, running, late] = asked.map(({ id }) => id)
      await approvals().answer(denied ?? newId('apr'), 'denied', ALICE, undefined)
      await approvals().answer(running ?? newId('apr'), 'approved', ALICE, under.clock.now + 1000)
      under.clock.now += 10
      const recent = await approvals().ask(question('recent'))
      await approvals().expire(recent.id)
      expect(await approvals().forgetEnded(under.clock.now, 1)).toBe(1)
      expect(await approvals().forgetEnded(under.clock.now, 10)).toBe(1)
      expect(await approvals().forgetEnded(under.clock.now, 10)).toBe(0)
      const left = (await approvals().list({}, { limit: 10 })).items.map(({ id }) => id)
      expect(left.toSorted()).toEqual([pending, running, recent.id].toSorted())
      expect(left).not.toContain(late)
    })

    it('tells each change, and nothing where nothing changed', async () => {
      const asked = question('merge-42')
      const change = [{ kind: 'approval', id: asked.id }]
      const told = (run: () => Promise<unknown>) => changesDuring(under.store, run)
      expect(await told(() => approvals().ask(asked))).toEqual(change)
      expect(await told(() => approvals().ask(question('merge-42')))).toEqual([])
      expect(await told(() => approvals().answer(asked.id, 'approved', ALICE, under.clock.now + 10))).toEqual(change)
      expect(await told(() => approvals().answer(asked.id, 'denied', ALICE, undefined))).toEqual([])
      expect(await told(() => approvals().expire(asked.id))).toEqual(change)
      expect(await told(() => approvals().expire(asked.id))).toEqual([])
    })
  })
}

function idAt(ids: readonly string[], n: number): NewApproval['id'] {
  return (ids[n] ?? '') as NewApproval['id']
}
