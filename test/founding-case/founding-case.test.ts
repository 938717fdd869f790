import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { revokeNewest } from '../authority/support/calls.ts'
import { CallLoop, type RepeatedCall } from './support/call-loop.ts'
import { openStreams, silent, type EventStream } from './support/event-streams.ts'
import type { Delegate } from './support/runs.ts'
import { startFoundingWorld, type Answered, type FoundingWorld, type Who } from './support/founding-world.ts'

const WHOM = ['alice', 'bob'] as const
const BACKEND = 'github/repos/acme-corp/backend'
/** Generous: how fast it is shows where the product has its processors to itself. */
const BOUND_MS = 10_000

let world: FoundingWorld
beforeAll(async () => {
  world = await startFoundingWorld()
}, 60_000)
afterAll(() => world.close())

const code = ({ status, body }: Answered): unknown => [status, (body['postern'] as { code?: unknown } | undefined)?.code ?? body['code']]

/** What lives at GitHub by narrowing: `alice-chen issues`. */
const narrowedAtGithub = (): readonly string[] => world.upstreams.github.oauth.liveTokens().filter(({ narrowed }) => narrowed)
  .map(({ login, permissions }) => `${login} ${Object.keys(permissions).filter((name) => name !== 'metadata').join(' ')}`).toSorted()

describe('three agents work for two people, and a pipeline for itself', () => {
  it.each(WHOM)('for %s: reads, a review, a post, an issue, a ticket, notes', async (who) => {
    const { token, call } = world
    const [reviewer, triage, notes] = [token('pr-reviewer', who), token('issue-triage', who), token('release-notes', who)]
    const statuses = {
      'reads a pull request': await call(reviewer, `${BACKEND}/pulls/42`),
      'posts a review': await call(reviewer, `${BACKEND}/pulls/42/reviews`, { event: 'COMMENT', body: `Looks right to ${who}.` }),
      'tells the team': await call(reviewer, 'slack/api/chat.postMessage', { channel: 'C0CODEREVIEW', text: `Review posted for ${who}.` }),
      'updates the ticket': await call(reviewer, 'tickets/v1/tickets/T-1/comments', { text: 'In review.' }),
      'reads an issue': await call(triage, `${BACKEND}/issues/1`),
      'answers it': await call(triage, `${BACKEND}/issues/1/comments`, { body: 'Thanks for the report.' }),
      'follows its ticket': await call(triage, 'tickets/v1/tickets/T-2'),
      'reads what was merged': await call(notes, `${BACKEND}/pulls/40`),
    }
    expect(Object.entries(statuses).filter(([, { status, body }]) => status > 201 || body['ok'] === false)).toEqual([])
  })

  it('the pipeline reads code and reports, and no more', async () => {
    const answers = [
      await world.call(world.pipeline, `${BACKEND}/pulls/42`),
      await world.call(world.pipeline, 'tickets/v1/tickets/T-3/comments', { text: 'Build 17 is green.' }),
      await world.call(world.pipeline, `${BACKEND}/pulls/42/reviews`, { event: 'APPROVE', body: 'Green.' }),
      await world.call(world.pipeline, 'slack/api/chat.postMessage', { channel: 'C0CODEREVIEW', text: 'Green.' }),
    ]
    expect(answers.slice(0, 3).map(({ status }) => status)).toEqual([200, 201, 403])
    expect(answers[3]?.body['ok']).toBe(false)
  })

  it('no agent does what another may, whoever it is for', async () => {
    const review = { event: 'COMMENT', body: 'Not mine to say.' }
    const refused = [
      await world.call(world.token('issue-triage', 'alice'), `${BACKEND}/pulls/42/reviews`, review),
      await world.call(world.token('release-notes', 'bob'), `${BACKEND}/issues/1/comments`, { body: 'Hello.' }),
      await world.call(world.token('pr-reviewer', 'alice'), 'github/repos/acme-corp/prod-payments/pulls/3/reviews', review),
    ]
    expect(refused.map(code)).toEqual([[403, 'policy_denied'], [403, 'policy_denied'], [403, 'policy_denied']])
  })
})

describe('postern agent revoke agent:issue-triage, while everything is under load', () => {
  const old: Partial<Record<Who, string>> = {}
  let triage: readonly EventStream[]
  let others: readonly EventStream[]

  beforeAll(async () => {
    const streams = (agent: Delegate, who: Who, count: number): Promise<readonly EventStream[]> =>
      openStreams({ port: world.port, token: world.token(agent, who), ticket: who === 'alice' ? 'T-1' : 'T-2' }, count)
    triage = [...await streams('issue-triage', 'alice', 100), ...await streams('issue-triage', 'bob', 100)]
    others = [
      ...await streams('pr-reviewer', 'alice', 60), ...await streams('pr-reviewer', 'bob', 60),
      ...await streams('release-notes', 'alice', 40), ...await streams('release-notes', 'bob', 40),
    ]
    for (const who of WHOM) old[who] = world.token('issue-triage', who)
  }, 60_000)
  afterAll(() => [...triage, ...others].forEach((stream) => stream.close()))

  it('ends all its 200 streams, cuts none of the others’ 200, fails no other call, and says what was revoked where', async () => {
    expect([triage, others].map((streams) => streams.filter(({ open }) => open).length)).toEqual([200, 200])
    const before = narrowedAtGithub()
    expect(before).toContain('alice-chen issues')
    expect(before).toContain('bob-diaz issues')
    const loop = new CallLoop(othersCalls(), 30)
    const { code: exit, stdout, stderr } = await world.postern('agent', 'revoke', 'agent:issue-triage', '--reason', 'it answers spam')
    await bounded(Promise.all(triage.map(({ ended }) => ended)))
    const until = loop.made + 30
    while (loop.made < until) await new Promise((resolve) => setTimeout(resolve, 10))
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
    expect(stdout).toMatch(/^agent:issue-triage is revoked\.$/m)
    expect(stdout).toMatch(/^ {2}2 delegations ended: dlg_\S+ dlg_\S+$/m)
    expect(stdout).toMatch(/^ {2}2 sessions ended: ses_\S+ ses_\S+$/m)
    expect(stdout).toMatch(/^ {2}github: \d+ credentials? dropped, revoked there, too$/m)
    expect(stdout).toMatch(/^ {2}tickets: \d+ credentials? dropped, 0 revoked there, too; \d+ will not be used again/m)
    expect(stdout).toMatch(/^ {2}200 open streams cut$/m)
    expect(others.filter(({ open }) => !open)).toHaveLength(0)
    expect(await silent(others, BOUND_MS)).toHaveLength(0)
    const calls = await loop.stop()
    expect(calls.failed).toEqual([])
    expect(calls.made).toBeGreaterThan(30)
  }, 60_000)

  it('leaves nothing of it alive at GitHub, and everything of the others', () => {
    const after = narrowedAtGithub()
    expect(after.filter((token) => token.includes('issues'))).toEqual([])
    expect(after).toContain('alice-chen pull_requests')
    expect(after).toContain('bob-diaz pull_requests')
    expect(world.upstreams.github.liveTokens()).not.toEqual([])
    // What people connected is theirs, whatever becomes of an agent.
    expect(world.upstreams.github.oauth.liveTokens().filter(({ narrowed }) => !narrowed).map(({ login }) => login)).toEqual(['alice-chen', 'bob-diaz'])
  })

  it('its streams have ended at the upstream, too', async () => {
    await expect.poll(() => world.upstreams.tickets.log.entries.filter(({ path, ended }) => path.endsWith('/events') && ended === undefined).length, { timeout: BOUND_MS }).toBe(200)
  })

  it('refuses its next calls, for whomever and however they are made', async () => {
    const reached = world.upstreams.tickets.log.total
    for (const who of WHOM) {
      const token = world.token('issue-triage', who)
      expect(code(await world.call(token, 'tickets/v1/tickets/T-2'))).toEqual([403, 'agent_revoked'])
      expect(code(await world.call(token, `${BACKEND}/issues/1`))).toEqual([403, 'agent_revoked'])
    }
    expect(world.upstreams.tickets.log.entries.filter(({ seq, path }) => seq > reached && path === '/v1/tickets/T-2')).toEqual([])
  })

  it('nobody can let it act again before it is restored', async () => {
    await expect(world.approve('issue-triage', 'alice')).rejects.toThrow('no form on')
  })

  it('put back with postern agent restore, people approve it anew; what they gave before stays dead', async () => {
    expect(await world.postern('agent', 'restore', 'agent:issue-triage')).toMatchObject({ code: 0, stdout: expect.stringContaining('active') })
    for (const who of WHOM) {
      expect(code(await world.call(old[who] ?? '', 'tickets/v1/tickets/T-2'))).toEqual([403, 'delegation_revoked'])
      await world.approve('issue-triage', who)
      expect((await world.call(world.token('issue-triage', who), `${BACKEND}/issues/1`)).status).toBe(200)
      expect(code(await world.call(old[who] ?? '', 'tickets/v1/tickets/T-2'))).toEqual([403, 'delegation_revoked'])
    }
    expect(others.filter(({ open }) => !open)).toHaveLength(0)
  }, 40_000)

  it('has the whole of it on record: who revoked, why, what ended', async () => {
    const records = await world.records()
    const of = (event: string): readonly Record<string, unknown>[] => records.filter((record) => record['event'] === event && agentOf(record) === 'agent:issue-triage')
    expect(of('agent.revoked')).toEqual([expect.objectContaining({ by: 'user:olga@acme.com', reason: 'it answers spam', outcome: 'ok' })])
    expect(of('delegation.revoked').map(({ user }) => (user as { id: string }).id).toSorted()).toEqual(['user:alice@acme.com', 'user:bob@acme.com'])
    expect(of('api.call').filter(({ outcome }) => outcome === 'revoked')).toHaveLength(200)
    expect(records.filter((record) => record['outcome'] === 'revoked' && agentOf(record) !== 'agent:issue-triage')).toEqual([])
    expect(of('agent.restored')).toEqual([expect.objectContaining({ by: 'user:olga@acme.com', outcome: 'ok' })])
  })

  function othersCalls(): readonly RepeatedCall[] {
    const at = (path: string): string => `http://127.0.0.1:${world.port}/${path}`
    return [
      ...WHOM.flatMap((who): readonly RepeatedCall[] => [
        { name: `a read for ${who}`, token: world.token('pr-reviewer', who), url: at(`${BACKEND}/pulls/42`) },
        { name: `a ticket for ${who}`, token: world.token('pr-reviewer', who), url: at('tickets/v1/tickets/T-3') },
        { name: `notes for ${who}`, token: world.token('release-notes', who), url: at(`${BACKEND}/pulls/40`) },
      ]),
      { name: 'a post', token: world.token('pr-reviewer', 'alice'), url: at('slack/api/chat.postMessage'), method: 'POST', body: { channel: 'C0CODEREVIEW', text: 'Look here.' } },
      { name: 'the pipeline', token: world.pipeline, url: at(`${BACKEND}/pulls/42`) },
    ]
  }
})

describe('a person revokes one agent in the dashboard', () => {
  it('only their own run of it ends: the same agent goes on for the other person', async () => {
    const { bob } = world.people
    const [ofBob, ofAlice] = await Promise.all((['bob', 'alice'] as const).map((who) => openStreams({ port: world.port, token: world.token('pr-reviewer', who), ticket: 'T-1' }, 3)))
    expect(await revokeNewest(bob, 'agent:pr-reviewer')).toMatchObject({ changed: true, streams_cut: 3 })
    await bounded(Promise.all((ofBob ?? []).map(({ ended }) => ended)))
    expect(await silent(ofAlice ?? [], BOUND_MS)).toEqual([])
    expect(code(await world.call(world.token('pr-reviewer', 'bob'), `${BACKEND}/pulls/42`))).toEqual([403, 'delegation_revoked'])
    expect((await world.call(world.token('pr-reviewer', 'alice'), `${BACKEND}/pulls/42`)).status).toBe(200)
    expect((await world.call(world.token('release-notes', 'bob'), `${BACKEND}/pulls/40`)).status).toBe(200)
    const revoked = (await world.records()).findLast(({ event }) => event === 'delegation.revoked')
    expect(revoked).toMatchObject({ agent: { id: 'agent:pr-reviewer' }, user: { id: 'user:bob@acme.com' }, outcome: 'ok' })
    for (const stream of ofAlice ?? []) stream.close()
  })
})

function agentOf(record: Readonly<Record<string, unknown>>): unknown {
  return (record['agent'] as { id?: unknown } | undefined)?.id
}

async function bounded(work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`not within ${BOUND_MS} ms`)), BOUND_MS)
  await Promise.race([work, late.promise]).finally(() => clearTimeout(timer))
}
