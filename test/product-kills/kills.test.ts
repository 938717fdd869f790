import { describe, expect, it } from 'vitest'
import { OauthAgent, type WorldBrowser } from '../support/authority-world.ts'
import type { ProductWorld } from '../support/product-world.ts'
import { AfterKill } from './after-kill.ts'
import { isLive, newApproval, type Approval } from './approval.ts'
import type { Driver } from './driver.ts'
import { emptyKillReport, joinedReports, type KillReport } from './kill-report.ts'
import { runProductKills } from './run-product-kills.ts'
import { SecretSearch } from './secret-search.ts'

describe('the whole product, killed', () => {
  it('loses no delegation and no session, brings none back and leaves no secret in its files', { timeout: 120_000 }, async () => {
    const enough = ({ redemptions, refreshes, calls }: KillReport): boolean => Math.min(redemptions, refreshes, calls) > 0
    const report = await runProductKills(2, (kill) => (kill === 0 ? { at: 'ready', afterMs: 500, enough } : { at: 'start', afterMs: 700 }))
    expect(report).toMatchObject({ kills: 2, killsAtStart: 1, wrong: [], leaks: [], lost: 0 })
    // There was something to lose.
    expect(Math.min(report.approvals, report.refreshes, report.calls, report.continued, report.auditLooked)).toBeGreaterThan(0)
  })
})

describe('the check after a kill', () => {
  /** What a product would say that answers agents like this. */
  interface Answers {
    readonly listed: readonly (readonly [target: string, state: string])[]
    readonly call?: number
    readonly refused?: string
  }

  async function checked(change: Partial<Approval>, { listed, call = 200, refused }: Answers): Promise<KillReport> {
    const report = emptyKillReport()
    const approval: Approval = {
      ...newApproval('acme-corp/k-1', 'alice', new OauthAgent('http://127.0.0.1:1', 'pr-reviewer')), granted: 'done', redeemed: 'done', delegation: 'dlg_0', access: 'a', refresh: 'r', ...change,
    }
    const driver = {
      approvals: [approval], get live() { return [approval].filter(isLive) },
      tokensOf: () => ['a'], call: async () => call, refresh: async () => refused, redeem: async () => false,
    } as unknown as Driver
    const items = listed.map(([target, state], index) => ({ id: `dlg_${index}`, state, access: [{ targets: ['acme-corp/backend', target] }] }))
    const operator = { status: 200, body: JSON.stringify({ items, next: null }), get: async () => undefined } as unknown as WorldBrowser
    await new AfterKill({ url: 'http://127.0.0.1:1' } as ProductWorld, driver, report).check(operator)
    return report
  }

  const MINE = 'acme-corp/k-1'
  const ACTIVE = [[MINE, 'active']] as const
  const REVOKED = [[MINE, 'revoked']] as const

  it('finds nothing where all is as it was told', async () => {
    expect((await checked({}, { listed: ACTIVE })).wrong).toEqual([])
    expect((await checked({ revoked: 'done' }, { listed: REVOKED, call: 403, refused: '400 invalid_grant' })).wrong).toEqual([])
    expect(await checked({ redeemed: 'begun', refresh: undefined }, { listed: ACTIVE })).toMatchObject({ wrong: [], redemptionsCut: { done: 0, usedUp: 1 } })
  })

  it.each<[string, Partial<Approval>, Answers, RegExp]>([
    ['a delegation that is lost', {}, { listed: [] }, /an approval that stood is there no more/],
    ['a delegation that is back', { revoked: 'done' }, { listed: ACTIVE }, /a revocation that stood is there no more/],
    ['one that nobody took back', {}, { listed: REVOKED }, /a revocation that nobody made is there/],
    ['one that nobody approved', {}, { listed: [...ACTIVE, ['acme-corp/k-9', 'active']] }, /nobody approved/],
    ['two of one approval', {}, { listed: [...ACTIVE, ...ACTIVE] }, /one approval made two delegations/],
    ['a token that works no more', {}, { listed: ACTIVE, call: 403 }, /of a delegation that stands was answered with 403/],
    ['a session that is lost', {}, { listed: ACTIVE, refused: '400 invalid_grant' }, /a session was lost: 400 invalid_grant/],
    ['a revoked token that works', { revoked: 'done' }, { listed: REVOKED, call: 200, refused: 'x' }, /a revoked delegation was answered with 200/],
    ['a revoked session that goes on', { revoked: 'done' }, { listed: REVOKED, call: 401 }, /a revoked delegation was refreshed/],
  ])('finds %s', async (_, change, answers, expected) => {
    expect((await checked(change, answers)).wrong.join('\n')).toMatch(expected)
  })

  it('settles what was cut off, and counts an answer that was asked for too late apart', async () => {
    expect(await checked({ granted: 'begun', refresh: undefined, delegation: undefined }, { listed: [] })).toMatchObject({ wrong: [], approvalsCut: { done: 0, undone: 1 } })
    expect(await checked({ granted: 'begun', refresh: undefined, delegation: undefined }, { listed: ACTIVE })).toMatchObject({ wrong: [], approvalsCut: { done: 1, undone: 0 } })
    expect(await checked({ refreshCutAtMs: performance.now() - 21_000 }, { listed: ACTIVE, refused: 'x' })).toMatchObject({ wrong: [], late: 1, lost: 0 })
    expect(await checked({ refreshCutAtMs: performance.now() - 19_000 }, { listed: ACTIVE, refused: 'x' })).toMatchObject({ late: 0, lost: 1 })
  })
})

describe('the search for many secrets', () => {
  it('finds each of them, also encoded, and nothing else', () => {
    const search = new SecretSearch()
    for (let index = 0; index < 500; index += 1) search.add(`a secret with the number ${index}`)
    const found = (text: string): boolean => search.findings(Buffer.from(`before ${text} after`)) > 0
    expect(found('a secret with the number 321')).toBe(true)
    expect(found(Buffer.from('a secret with the number 77').toString('hex'))).toBe(true)
    expect(found(Buffer.from('xa secret with the number 77').toString('base64url'))).toBe(true)
    expect(found('a secret with the letter 321')).toBe(false)
    expect(search.size).toBe(500)
    expect(() => search.add('short')).toThrow(TypeError)
  })
})

describe('the reports of several lanes', () => {
  it('are added up', () => {
    const one = { ...emptyKillReport(), kills: 3, seconds: 5, wrong: ['x'], approvalsCut: { done: 1, undone: 2 } }
    expect(joinedReports([one, one])).toMatchObject({ kills: 6, seconds: 5, wrong: ['x', 'x'], approvalsCut: { done: 2, undone: 4 } })
  })
})
