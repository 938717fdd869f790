import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiDocument } from '../../src/authority/admin/openapi-document.ts'
import { AdminWorld, ALICE, AUDREY, BOB, OLIVIA, type Answered } from './support/admin-world.ts'
import { CANARY, NOW_MS } from './support/things.ts'

/** Method, path, and what nobody, Alice (a person), Audrey (an auditor) and Olivia (an operator) are answered. */
type Row = readonly [method: string, path: string, nobody: number, person: number, auditor: number, operator: number, body?: unknown]

const NARROWED = { version: 3, access: [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/backend'] }] }
const QUESTION = { agent: 'agent:pr-reviewer', request: 'GET https://api.github.com/repos/acme-corp/backend/pulls/42' }
const GLASS = { reason: 'the build is down', expires_in: 600 }

const TABLE: readonly Row[] = [
  ['GET', '/v1/openapi.json', 200, 200, 200, 200],
  ['GET', '/v1/me', 401, 200, 200, 200],
  ['GET', '/v1/policy', 401, 403, 200, 200],
  ['GET', '/v1/policy/history', 401, 403, 200, 200],
  ['POST', '/v1/policy/explain', 401, 403, 200, 200, QUESTION],
  ['GET', '/v1/integrations', 401, 200, 200, 200],
  ['GET', '/v1/agents/agent:pr-reviewer/permissions', 401, 200, 200, 200],
  ['GET', '/v1/agents/agent:nobody/permissions', 401, 404, 404, 404],
  ['GET', '/v1/agents', 401, 403, 200, 200],
  ['GET', '/v1/agents/agent:pr-reviewer', 401, 403, 200, 200],
  ['GET', '/v1/agents/agent:nobody', 401, 403, 404, 404],
  ['POST', '/v1/agents', 401, 403, 403, 201, { id: 'agent:new' }],
  ['PATCH', '/v1/agents/agent:pr-reviewer', 401, 403, 403, 409, { version: 1, name: 'X' }],
  ['POST', '/v1/agents/agent:pr-reviewer/revoke', 401, 403, 403, 200],
  ['POST', '/v1/agents/agent:nobody/revoke', 401, 403, 403, 404],
  ['POST', '/v1/agents/agent:pr-reviewer/restore', 401, 403, 403, 409],
  ['POST', '/v1/agents/agent:nobody/restore', 401, 403, 403, 404],
  ['GET', '/v1/delegations', 401, 200, 200, 200],
  ['GET', `/v1/delegations?person=${BOB.id}`, 401, 403, 200, 200],
  ['GET', '/v1/delegations/dlg_alice', 401, 200, 200, 200],
  ['GET', '/v1/delegations/dlg_bob', 401, 404, 200, 200],
  ['GET', '/v1/delegations/dlg_none', 401, 404, 404, 404],
  ['PATCH', '/v1/delegations/dlg_alice', 401, 200, 403, 200, NARROWED],
  ['PATCH', '/v1/delegations/dlg_bob', 401, 404, 403, 200, NARROWED],
  ['POST', '/v1/delegations/dlg_alice/revoke', 401, 200, 403, 200],
  ['POST', '/v1/delegations/dlg_bob/revoke', 401, 404, 403, 200],
  ['GET', '/v1/sessions', 401, 200, 200, 200],
  ['GET', `/v1/sessions?person=${BOB.id}`, 401, 403, 200, 200],
  ['GET', '/v1/sessions/ses_alice', 401, 200, 200, 200],
  ['GET', '/v1/sessions/ses_bob', 401, 404, 200, 200],
  ['POST', '/v1/sessions/ses_alice/revoke', 401, 200, 403, 200],
  ['POST', '/v1/sessions/ses_bob/revoke', 401, 404, 403, 200],
  ['GET', '/v1/connections', 401, 200, 200, 200],
  ['GET', '/v1/connections?owner=organisation', 401, 403, 200, 200],
  ['GET', '/v1/connections/con_alice', 401, 200, 200, 200],
  ['GET', '/v1/connections/con_bob', 401, 404, 200, 200],
  ['GET', '/v1/connections/con_org', 401, 404, 200, 200],
  ['POST', '/v1/connections/con_alice/revoke', 401, 200, 403, 200],
  ['POST', '/v1/connections/con_bob/revoke', 401, 404, 403, 200],
  ['POST', '/v1/connections/con_org/revoke', 401, 404, 403, 200],
  ['POST', `/v1/people/${ALICE.id}/revoke`, 401, 200, 403, 200],
  ['POST', `/v1/people/${BOB.id}/revoke`, 401, 403, 403, 200],
  ['POST', '/v1/people/user:nobody@acme.com/revoke', 401, 403, 403, 404],
  ['GET', '/v1/approvals', 401, 200, 200, 200],
  ['GET', `/v1/approvals?person=${BOB.id}`, 401, 403, 200, 200],
  ['GET', '/v1/approvals/apr_alice', 401, 200, 200, 200],
  ['GET', '/v1/approvals/apr_bob', 401, 404, 200, 200],
  ['POST', '/v1/approvals/apr_alice/approve', 401, 200, 403, 200],
  ['POST', '/v1/approvals/apr_bob/approve', 401, 404, 403, 200],
  ['POST', '/v1/approvals/apr_alice/deny', 401, 200, 403, 200],
  ['POST', '/v1/approvals/apr_bob/deny', 401, 404, 403, 200],
  ['GET', '/v1/break-glass', 401, 200, 200, 200],
  ['POST', '/v1/break-glass', 401, 201, 201, 201, GLASS],
  ['POST', '/v1/break-glass/apr_glass/approve', 401, 404, 403, 200],
  ['POST', '/v1/break-glass/apr_glass/deny', 401, 404, 403, 200],
  ['POST', '/v1/break-glass/apr_glass/end', 401, 404, 403, 200],
  ['POST', '/v1/break-glass/apr_alice/approve', 401, 404, 404, 404],
  ['POST', '/v1/break-glass/apr_alice/end', 401, 404, 404, 404],
  ['GET', '/v1/audit', 401, 200, 200, 200],
  ['GET', `/v1/audit?person=${BOB.id}`, 401, 403, 200, 200],
  ['GET', '/v1/audit/series', 401, 200, 200, 200],
  ['GET', `/v1/audit/series?person=${BOB.id}`, 401, 403, 200, 200],
  ['GET', '/v1/audit/records/chn_test/1', 401, 200, 200, 200],
  ['GET', '/v1/audit/records/chn_test/2', 401, 404, 200, 200],
  ['GET', '/v1/audit/records/chn_test/99', 401, 404, 404, 404],
  ['GET', '/v1/audit/records/chn_other/1', 401, 404, 404, 404],
  ['GET', '/v1/audit/export', 401, 200, 200, 200],
  ['GET', `/v1/audit/export?person=${BOB.id}`, 401, 403, 200, 200],
  ['GET', `/v1/audit/tail?person=${BOB.id}`, 401, 403, -1, -1],
  ['GET', '/v1/nothing', 401, 404, 404, 404],
  ['DELETE', '/v1/agents/agent:pr-reviewer', 405, 405, 405, 405],
  ['HEAD', '/v1/audit/export', 405, 405, 405, 405],
  ['OPTIONS', '/v1/agents', 405, 405, 405, 405],
]

const PEOPLE = [['nobody', undefined, 2], ['a person', ALICE, 3], ['an auditor', AUDREY, 4], ['an operator', OLIVIA, 5]] as const

for (const [who, as, column] of PEOPLE) {
  describe(`${who} is answered`, () => {
    for (const row of TABLE) {
      const [method, path, , , , , body] = row
      const expected = row[column] as number
      if (expected === -1) continue
      it(`${expected} to ${method} ${path}`, async () => {
        const world = await AdminWorld.start()
        try {
          const answer = await world.ask(method, path, { as, body })
          expect(answer.status).toBe(expected)
          expectWellFormed(answer, method)
          if (expected === 401 || expected === 403 || expected === 404) expect(world.named('admin.denied')).toMatchObject([{ outcome: 'denied', http: { method, status: expected } }])
          if (expected >= 400) expect(world.revocations).toEqual([])
        } finally {
          await world.close()
        }
      })
    }
  })
}

function expectWellFormed(answer: Answered, method: string): void {
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(answer.text).not.toContain(CANARY)
  if (answer.status < 400 || method === 'HEAD') return
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(answer.json).toMatchObject({ type: `urn:postern:${String(answer.json['code'])}`, status: answer.status, title: expect.any(String) })
}

describe('the table', () => {
  it('has every route that there is', () => {
    const { paths } = openApiDocument() as { paths: Record<string, Record<string, unknown>> }
    const routes = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
    const rows = new Set(TABLE.map(([method, path]) => `${method} ${path.split('?')[0]?.replace(/(agents|delegations|sessions|connections|people|approvals|break-glass)\/[^/]+/, '$1/{id}').replace(/records\/.+/, 'records/{chain}/{seq}')}`))
    expect(routes.filter((route) => !rows.has(route))).toEqual([])
    expect(routes.length).toBeGreaterThan(25)
  })
})

describe('lists', () => {
  let world: AdminWorld
  beforeAll(async () => { world = await AdminWorld.start() })
  afterAll(() => world.close())

  const idsIn = async (path: string, as: typeof ALICE): Promise<readonly unknown[]> => {
    const { json } = await world.ask('GET', path, { as })
    return (json['items'] as readonly { id?: string; user?: { id: string } }[]).map(({ id, user }) => user?.id ?? id)
  }

  it.each([
    ['/v1/delegations', ['dlg_alice'], ['dlg_alice', 'dlg_bob']],
    ['/v1/sessions', ['ses_alice'], ['ses_alice', 'ses_bob']],
    ['/v1/sessions?running=true', ['ses_alice'], ['ses_alice']],
    ['/v1/connections', ['con_alice'], ['con_alice', 'con_bob', 'con_org']],
    ['/v1/approvals', ['apr_alice'], ['apr_alice', 'apr_bob', 'apr_glass']],
    ['/v1/approvals?kind=operation', ['apr_alice'], ['apr_alice', 'apr_bob']],
    ['/v1/break-glass', [], ['apr_glass']],
    ['/v1/audit', [ALICE.id], [BOB.id, ALICE.id]],
    ['/v1/audit?event=api.denied', [], [BOB.id]],
    ['/v1/audit?event=api&agent=pr-reviewer&since=2026-11-21T10:00:02%2B01:00', [], [BOB.id]],
  ])('%s shows a person their own, and an auditor all', async (path, own, all) => {
    expect(await idsIn(path, ALICE)).toEqual(own)
    expect(await idsIn(path, AUDREY)).toEqual(all)
  })

  it('are given in parts', async () => {
    const seen: unknown[] = []
    let after: string | null = ''
    while (after !== null) {
      const { json }: Answered = await world.ask('GET', `/v1/connections?limit=1${after === '' ? '' : `&after=${after}`}`, { as: AUDREY })
      const { items, next } = json as { items: readonly { id: string }[]; next: string | null }
      expect(items).toHaveLength(1)
      seen.push(items[0]?.id)
      after = next
    }
    expect(seen).toEqual(['con_alice', 'con_bob', 'con_org'])
  })

  it('tell what has expired as expired, though nobody swept it yet', async () => {
    world.nowMs = NOW_MS + 100 * 3_600_000
    const { json } = await world.ask('GET', '/v1/delegations/dlg_alice', { as: ALICE })
    expect(json).toMatchObject({ state: 'expired' })
    expect((await world.ask('GET', '/v1/approvals/apr_alice', { as: ALICE })).json).toMatchObject({ state: 'expired' })
    expect((await world.ask('GET', '/v1/sessions/ses_alice', { as: ALICE })).json).toMatchObject({ state: 'ended' })
    world.nowMs = NOW_MS
  })
})
