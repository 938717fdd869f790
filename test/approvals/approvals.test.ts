import { describe, expect, test } from 'vitest'
import { approvalKey } from '../../src/authority/approvals/approval-key.ts'
import type { Role, SignedIn } from '../../src/authority/people/contract.ts'
import type { LayerEffect } from '../../src/model/decision.ts'
import { newId, type ApprovalId, type PersonId } from '../../src/model/ids.ts'
import type { Operation } from '../../src/model/operation.ts'
import type { Principal } from '../../src/model/principal.ts'
import type { ApprovalOrder } from '../../src/sync/contract.ts'
import { ALICE, BOB, memoryWorld, present, REVIEWER, startProcess, TRIAGE, until, type ProcessOptions } from '../registry/support/authority.ts'

const never = new AbortController().signal
const [SESSION, DELEGATION] = [newId('ses'), newId('dlg')]

interface Wish {
  readonly request?: string
  readonly agent?: typeof REVIEWER
  readonly person?: PersonId
  readonly session?: typeof SESSION
  readonly operation?: Partial<Operation>
  readonly rule?: string
  readonly alone?: boolean
}

function order({ request = 'POST /repos/acme-corp/backend/pulls/42/merge', agent = REVIEWER, person = ALICE, session = SESSION, operation, rule = 'org/merges', alone = false }: Wish = {}): ApprovalOrder {
  const layer = (effect: LayerEffect, id?: string) => ({ effect, reason: 'x', rule: id === undefined ? undefined : { id, file: 'f', line: 1 } })
  const delegation: Principal['delegation'] = { id: DELEGATION, person, personName: undefined, session, consent: [], expiresAtMs: Infinity }
  return {
    principal: { agent, agentName: 'x', identifiedBy: 'token', delegation: alone ? undefined : delegation },
    operation: {
      integration: 'github', name: 'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', access: 'write', alternatives: [['contents:write']],
      targets: { kind: 'named', names: ['acme-corp/backend'] }, parameters: {}, ...operation,
    },
    decision: {
      effect: 'ask', layers: { org_policy: layer('ask', rule), user_consent: layer('allow'), agent_permissions: layer('allow', 'x/y') },
      decidedBy: 'org_policy', rule: undefined, scopes: [], expiresInMs: undefined, limits: [], authority: 'person', release: false, policyHash: 'sha256:x',
    },
    request,
  }
}

function signedIn(person: PersonId, roles: readonly Role[] = ['person'], breakGlass = false): SignedIn {
  return {
    person: { id: person, issuer: 'i', subject: person, name: person, email: undefined, groups: [], firstSeenAtMs: 0, lastSeenAtMs: 0 },
    roles, breakGlass, signedInAtMs: 0,
  }
}

const OPERATOR = signedIn('user:ops@acme.com' as PersonId, ['person', 'operator'])

async function world(options: ProcessOptions = {}) {
  const { time, store } = memoryWorld()
  const process = await startProcess(store, time, options)
  const ask = async (wish: Wish = {}): Promise<ApprovalId> =>
    present(await process.approvalDesk.ask(order(wish), never)).slice('https://postern.acme.com/approvals/'.length) as ApprovalId
  return { time, store, process, ask }
}

describe('the key of a question', () => {
  const key = approvalKey(order())
  test.each<[string, Wish, boolean]>([
    ['is the same for the same question', {}, true],
    ['differs by the request that the person reads', { request: 'POST /repos/acme-corp/backend/pulls/43/merge' }, false],
    ['differs by agent', { agent: TRIAGE }, false],
    ['differs by person', { person: BOB }, false],
    ['differs by session', { session: newId('ses') }, false],
    ['differs by rule', { rule: 'org/other' }, false],
    ['differs by operation', { operation: { name: 'other' } }, false],
    ['differs by integration', { operation: { integration: 'slack' } }, false],
    ['differs by target', { operation: { targets: { kind: 'named', names: ['acme-corp/prod'] } } }, false],
    ['differs where the agent acts for itself', { alone: true }, false],
  ])('%s', (_, wish, same) => {
    expect(approvalKey(order(wish)) === key).toBe(same)
  })

  test('is the same whatever the order of the targets', () => {
    const named = (...names: string[]) => approvalKey(order({ operation: { targets: { kind: 'named', names } } }))
    expect(named('a', 'b')).toBe(named('b', 'a'))
    expect(named('a', 'b')).not.toBe(named('a,b'))
  })

  test('is none where it cannot be told what would be acted on: a yes would be to anything', async () => {
    const unresolved = { operation: { targets: { kind: 'unresolved', reason: 'a node id' } } } as const
    expect(approvalKey(order(unresolved))).toBeUndefined()
    const { process, store } = await world()
    expect(await process.approvalDesk.ask(order(unresolved), never)).toBeUndefined()
    expect(process.approvalDesk.approved(order(unresolved))).toBeUndefined()
    expect(store.data.approvals.size).toBe(0)
  })
})

describe('a question', () => {
  test('is put once, however often it is asked, and is on record', async () => {
    const { process, ask, store } = await world()
    const ids = await Promise.all([ask(), ask(), ask()])
    expect(new Set([...ids, await ask()]).size).toBe(1)
    expect([...store.data.approvals.values()]).toMatchObject([{
      kind: 'operation', state: 'pending', agent: REVIEWER, person: ALICE, text: 'POST /repos/acme-corp/backend/pulls/42/merge', rule: 'org/merges', targets: ['acme-corp/backend'],
    }])
    expect(process.audit.events).toMatchObject([{ event: 'approval.requested', approval: ids[0], agent: { id: REVIEWER, name: 'PR-REVIEWER' }, outcome: 'ok' }])
    expect(process.approvalDesk.approved(order())).toBeUndefined()
  })

  test.each<[string, ProcessOptions, Wish, boolean]>([
    ['nobody serves people', { url: undefined }, {}, false],
    ['the agent acts for itself and nobody is an operator', { hasOperators: false }, { alone: true }, false],
    ['the agent acts for itself and there are operators', {}, { alone: true }, true],
    ['a person is concerned', { hasOperators: false }, {}, true],
    ['it is longer than a person would read', {}, { request: `GET /${'x'.repeat(2_000)}` }, false],
  ])('where %s', async (_, options, wish, isPut) => {
    const { process, store } = await world(options)
    expect((await process.approvalDesk.ask(order(wish), never)) !== undefined).toBe(isPut)
    expect(store.data.approvals.size).toBe(isPut ? 1 : 0)
  })

  test('is not put where an agent, or all together, have as many open as people can bear', async () => {
    const { process, ask } = await world({ openLimits: { openOfAgent: 2, open: 3 } })
    const asked = await Promise.all([1, 2, 3].map((n) => process.approvalDesk.ask(order({ request: `POST /${n}` }), never)))
    expect(asked.filter((link) => link === undefined)).toHaveLength(1)
    await ask({ agent: TRIAGE, request: 'POST /4' })
    expect(await process.approvalDesk.ask(order({ agent: TRIAGE, request: 'POST /5' }), never)).toBeUndefined()
  })

  test('that is given up is not waited for', async () => {
    const { process } = await world()
    const controller = new AbortController()
    controller.abort()
    await expect(process.approvalDesk.ask(order(), controller.signal)).rejects.toMatchObject({ code: 'authority_unavailable' })
  })
})

describe('a yes', () => {
  test('holds for just that, at once, in every process, and as long as it is meant to', async () => {
    const { process, ask, time, store } = await world()
    const other = await startProcess(store.other(), time)
    const id = await ask()
    expect(await process.answers.answer(id, 'approved', signedIn(ALICE))).toMatchObject({ state: 'approved', answeredBy: ALICE })
    expect(process.approvalDesk.approved(order())).toBe(id)
    await until(() => other.approvalDesk.approved(order()) === id)
    expect(process.approvalDesk.approved(order({ request: 'POST /repos/acme-corp/backend/pulls/43/merge' }))).toBeUndefined()
    expect(process.audit.events.at(-1)).toMatchObject({ event: 'approval.granted', approval: id, expires_in: '900s', outcome: 'ok' })
    expect(process.audit.events.at(-1)?.by).toBeUndefined()
    await time.advance(899_999)
    expect(process.approvalDesk.approved(order())).toBe(id)
    await time.advance(1)
    expect(process.approvalDesk.approved(order())).toBeUndefined()
    expect(await ask()).not.toBe(id)
  })

  test('stands on record before it holds', async () => {
    const { process, ask } = await world()
    const id = await ask()
    process.audit.writable = false
    await expect(process.answers.answer(id, 'approved', signedIn(ALICE))).rejects.toMatchObject({ code: 'audit_unavailable' })
    expect(process.approvalDesk.approved(order())).toBeUndefined()
  })

  test('is read at the start of a process, too', async () => {
    const { process, ask, time, store } = await world()
    const id = await ask()
    await process.answers.answer(id, 'approved', signedIn(ALICE))
    expect((await startProcess(store.other(), time)).approvalDesk.approved(order())).toBe(id)
  })
})

describe('a question is answered', () => {
  test.each<[string, SignedIn, boolean]>([
    ['by the person concerned', signedIn(ALICE), true],
    ['by an operator', OPERATOR, true],
    ['by an operator who was lent the role', signedIn(BOB, ['person', 'operator'], true), true],
    ['not by another person', signedIn(BOB), false],
    ['not by an auditor', signedIn(BOB, ['person', 'auditor']), false],
  ])('%s', async (_, who, may) => {
    const { process, ask } = await world()
    const id = await ask()
    expect((await process.answers.answer(id, 'approved', who)) !== undefined).toBe(may)
    expect(process.approvalDesk.approved(order())).toBe(may ? id : undefined)
    if (may && who.person.id !== ALICE) expect(process.audit.events.find(({ event }) => event === 'approval.granted')?.by).toBe(who.person.id)
    expect(process.audit.codes().includes('admin.break_glass_used')).toBe(may && who.breakGlass)
    // on record before anything came of it
    if (who.breakGlass) expect(process.audit.codes().indexOf('admin.break_glass_used')).toBeLessThan(process.audit.codes().indexOf('approval.granted'))
  })

  test('once: the first answer counts', async () => {
    const { process, ask } = await world()
    const id = await ask()
    const answers = await Promise.all([process.answers.answer(id, 'denied', signedIn(ALICE)), process.answers.answer(id, 'approved', OPERATOR)])
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1)
    expect(process.approvalDesk.approved(order()) === undefined).toBe(answers[0] !== undefined)
    expect(await process.answers.answer(id, 'approved', OPERATOR)).toBeUndefined()
    expect(await process.answers.answer(newId('apr'), 'approved', OPERATOR)).toBeUndefined()
  })

  test('with no: which is told as a no, holds, and is not asked for again at once', async () => {
    const { process, ask, time } = await world()
    const id = await ask()
    await process.answers.answer(id, 'denied', signedIn(ALICE))
    expect(process.audit.events.at(-1)).toMatchObject({ event: 'approval.denied', outcome: 'denied' })
    expect(process.approvalDesk.approved(order())).toBeUndefined()
    expect(await ask()).toBe(id)
    await time.advance(600_000)
    await process.answers.expireDue()
    expect(await ask()).not.toBe(id)
    expect(process.audit.codes()).not.toContain('approval.expired')
  })

  test('by nobody: which is told as that, once, and is no yes', async () => {
    const { process, ask, time, store } = await world()
    const other = await startProcess(store.other(), time)
    const id = await ask()
    await time.advance(600_000)
    await Promise.all([process, other].map(({ answers }) => answers.expireDue()))
    const told = [...process.audit.events, ...other.audit.events].filter(({ event }) => event === 'approval.expired' || event === 'approval.denied')
    expect(told).toMatchObject([{ event: 'approval.expired', by: 'system', approval: id, outcome: 'denied', reason: expect.stringContaining('Nobody answered in time') }])
    expect(await process.answers.answer(id, 'approved', signedIn(ALICE))).toBeUndefined()
    expect(process.approvalDesk.approved(order())).toBeUndefined()
  })
})

describe('break-glass access', () => {
  const ask = async (process: Awaited<ReturnType<typeof world>>['process'], durationMs = 1_800_000) => process.answers.askBreakGlass(BOB, 'the database is down', durationMs)

  test('is asked by one, granted by another, ends by itself, and each step is on record', async () => {
    const { process, time, store } = await world()
    const asked = await ask(process)
    expect(asked).toMatchObject({ kind: 'break_glass', person: BOB, operation: 'operator for 1800s', text: 'the database is down' })
    expect(process.answers.breakGlass(BOB)).toBeUndefined()
    expect((await ask(process)).id).toBe(asked.id)
    await process.answers.answer(asked.id, 'approved', OPERATOR)
    expect(process.answers.breakGlass(BOB)).toBe(time.nowMs() + 1_800_000)
    expect(process.answers.breakGlass(ALICE)).toBeUndefined()
    await time.advance(1_800_000)
    expect(process.answers.breakGlass(BOB)).toBeUndefined()
    const other = await startProcess(store.other(), time)
    await Promise.all([process.answers.expireDue(), other.answers.expireDue()])
    const told = [...process.audit.events, ...other.audit.events]
    expect(told.map(({ event, by, reason }) => [event, by, reason])).toEqual([
      ['admin.break_glass_requested', undefined, 'the database is down'],
      ['admin.break_glass_granted', OPERATOR.person.id, 'the database is down'],
      ['admin.break_glass_ended', 'system', 'Its time is over: the database is down'],
    ])
    expect(told.map(({ user }) => user?.id)).toEqual([BOB, BOB, BOB])
  })

  test.each<[string, SignedIn]>([
    ['whoever asked, although an operator', signedIn(BOB, ['person', 'operator'])],
    ['somebody who is no operator', signedIn(ALICE)],
    ['an operator who was lent the role', signedIn(ALICE, ['person', 'operator'], true)],
  ])('is not granted by %s', async (_, who) => {
    const { process } = await world()
    const asked = await ask(process)
    expect(await process.answers.answer(asked.id, 'approved', who)).toBeUndefined()
    expect(process.answers.breakGlass(BOB)).toBeUndefined()
  })

  test('lasts no longer than the configuration lets it', async () => {
    const { process, time } = await world()
    const asked = await ask(process, 100 * 3_600_000)
    await process.answers.answer(asked.id, 'approved', OPERATOR)
    expect(process.answers.breakGlass(BOB)).toBe(time.nowMs() + 3_600_000)
  })

  test('that nobody grants is told to have ended, and one that is refused to be denied', async () => {
    const { process, time } = await world()
    await ask(process)
    await time.advance(600_000)
    await process.answers.expireDue()
    expect(process.audit.events.at(-1)).toMatchObject({ event: 'admin.break_glass_ended', outcome: 'denied', reason: expect.stringContaining('Nobody') })
    const second = await ask(process)
    await process.answers.answer(second.id, 'denied', OPERATOR)
    expect(process.audit.events.at(-1)).toMatchObject({ event: 'admin.break_glass_denied', by: OPERATOR.person.id, outcome: 'denied' })
    expect(process.answers.breakGlass(BOB)).toBeUndefined()
  })

  test.each([['no reason', ' ', 1_000], ['a reason without end', 'x'.repeat(501), 1_000], ['no time', 'why', 0], ['no number', 'why', NaN]])('with %s is misuse', async (_, reason, durationMs) => {
    const { process } = await world()
    await expect(process.answers.askBreakGlass(BOB, reason, durationMs)).rejects.toThrow(TypeError)
  })
})
