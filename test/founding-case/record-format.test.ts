import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { humanFormat } from '../../src/audit/human.ts'
import { parseRecord } from '../../src/audit/record.ts'
import { BrowserApi } from '../authority/support/calls.ts'
import { startFoundingWorld, TRACE_ID, type FoundingWorld } from './support/founding-world.ts'
import { TravelTime } from './support/travel-time.ts'

type Shape = Readonly<Record<string, RegExp | readonly string[] | object | number>>

const ID = (prefix: string): RegExp => new RegExp(`^${prefix}_[A-Za-z0-9_-]{16,}$`)
const SHA256 = /^sha256:[0-9a-f]{64}$/
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const COUNT = /^\d+$/

/** Every field of the format with what it must look like, in the order in which they stand; numbers are matched as they are written. */
const FORMAT: Shape = {
  v: /^1$/, seq: COUNT, ts: RFC3339, event: /^api\.call$/, id: ID('evt'), prev: SHA256,
  agent: { id: /^agent:pr-reviewer$/, name: /^PR Reviewer$/ },
  user: { id: /^user:alice@acme\.com$/, name: /^Alice Chen$/ },
  delegation: ID('dlg'), session: ID('ses'), identified_by: /^token$/,
  integration: /^github$/, operation: /^GET \/repos\/\{owner\}\/\{repo\}\/pulls\/\{pull_number\}$/,
  // `pulls:read`, as people say it, in the upstream's own words.
  scopes: ['pull_requests:read'], target: /^acme-corp\/backend$/, expires_in: /^600s$/, credential: ID('crd'),
  policy_evaluation: { org_policy: /^allow$/, user_consent: /^allow$/, agent_permissions: /^allow$/ },
  rule: /^pr-reviewer\/review$/, policy_hash: SHA256, narrowed_by: /^upstream$/,
  http: {
    method: /^GET$/, host: /^api\.github\.com$/, path: /^\/repos\/acme-corp\/backend\/pulls\/42$/, status: /^200$/, bytes_out: COUNT, duration_ms: COUNT,
  },
  outcome: /^ok$/, trace_id: new RegExp(`^${TRACE_ID}$`),
}

/** What the product tells beyond the format. */
const BEYOND: Shape = {
  exchange: ID('dec'), access: /^read$/, upstream_expires_at: RFC3339, rule_at: /^policies\/pr-reviewer\.yaml:\d+$/, http: { bytes_in: /^0$/ },
}

const REVIEW = '/repos/acme-corp/backend/pulls/42'
const MINUTE = 60_000

let world: FoundingWorld
let records: readonly Readonly<Record<string, unknown>>[]
let lines: readonly string[]
const time = new TravelTime()

beforeAll(async () => {
  world = await startFoundingWorld({ clock: time, timers: time })
  const reviewer = world.token('pr-reviewer', 'alice')
  await world.call(reviewer, `github${REVIEW}`)
  await world.call(reviewer, `github${REVIEW}/reviews`, { event: 'COMMENT', body: 'Looks right.' })
  await world.call(reviewer, 'slack/api/chat.postMessage', { channel: 'C0CODEREVIEW', text: 'Review posted.' })
  await world.call(world.pipeline, `github${REVIEW}`)
  await world.call(reviewer, 'github/repos/acme-corp/prod-payments/pulls/3/reviews', { event: 'COMMENT', body: 'Not here.' })
  await world.records()
  time.advance(10 * MINUTE)
  await world.recorded(({ event, operation }) => event === 'credential.expired' && operation === 'POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews')
  await world.recorded(({ event, integration }) => event === 'credential.expired' && integration === 'github')
  lines = (await world.auditText()).trim().split('\n')
  records = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}, 60_000)
afterAll(() => world.close())

const found = (event: string, match: (record: Readonly<Record<string, unknown>>) => boolean = () => true): Readonly<Record<string, unknown>> => {
  const record = records.find((one) => one['event'] === event && match(one))
  if (record === undefined) throw new Error(`no ${event} is on record`)
  return record
}
const read = (): Readonly<Record<string, unknown>> => found('api.call', ({ http }) => (http as { path: string }).path === REVIEW)

describe('the JSON record of a call', () => {
  it('has every field of the format, each as it is to be, and beyond them only those that are named', () => {
    const record = read()
    expect(problems(record, merged(FORMAT, BEYOND))).toEqual([])
    expect(fieldsOf(record).toSorted()).toEqual(fieldsOf(merged(FORMAT, BEYOND)).toSorted())
  })

  it('has them in the order of the format', () => {
    const [inFormat, beyond] = [fieldsOf(FORMAT), new Set(fieldsOf(BEYOND))]
    expect(fieldsOf(read()).filter((name) => inFormat.includes(name) || !beyond.has(name))).toEqual(inFormat)
  })

  it('is ASCII in one line, and chained', () => {
    for (const line of lines) expect(line).toMatch(/^[ -~]+$/)
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1))
  })

  it('of a write names the permission to write, and what came in', () => {
    const { v: _, seq, ts, id, prev, ...rest } = found('api.call', ({ http }) => (http as { path: string }).path === `${REVIEW}/reviews`)
    expect([seq, ts, id, prev].every((value) => value !== undefined)).toBe(true)
    expect(rest).toMatchObject({
      operation: 'POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews', scopes: ['pull_requests:write'], access: 'write', expires_in: '600s', narrowed_by: 'upstream',
      http: { method: 'POST', status: 200, bytes_in: 41 }, outcome: 'ok', trace_id: TRACE_ID,
    })
  })

  it('says where only the proxy narrows', () => {
    expect(found('api.call', ({ integration }) => integration === 'slack')).toMatchObject({
      operation: 'chat.postMessage', scopes: ['chat:write'], target: 'C0CODEREVIEW', narrowed_by: 'proxy', rule: 'pr-reviewer/post-summary', outcome: 'ok',
    })
  })

  it('of an agent that acts for itself names nobody else, and says that consent does not apply', () => {
    const record = found('api.call', ({ agent }) => (agent as { id: string }).id === 'agent:ci-pipeline')
    expect(['user', 'delegation', 'session'].filter((name) => name in record)).toEqual([])
    expect(record).toMatchObject({
      agent: { id: 'agent:ci-pipeline', name: 'CI Pipeline' }, expires_in: '300s', policy_evaluation: { org_policy: 'allow', user_consent: 'not_applicable', agent_permissions: 'allow' },
    })
  })

  it('of a refusal names the layer, the rule and the reason, and no credential', () => {
    const record = found('api.denied')
    expect(record).toMatchObject({
      policy_evaluation: { org_policy: 'deny', user_consent: 'allow', agent_permissions: 'allow' }, rule: 'org/production-is-read-only', outcome: 'denied', code: 'policy_denied',
      http: { method: 'POST', status: 403 }, reason: expect.stringContaining('Production repositories are read-only for agents.'),
    })
    expect(['credential', 'expires_in', 'narrowed_by'].filter((name) => name in record)).toEqual([])
  })
})

describe('the JSON record of an issuance', () => {
  const ofReviewer = ({ agent, integration }: Readonly<Record<string, unknown>>): boolean => integration === 'github' && (agent as { id?: string } | undefined)?.id === 'agent:pr-reviewer'

  it('says who, for whom, what for, for how long, and by which rule', () => {
    const { id: event, prev, seq, ts, v, credential, connection, delegation, session, policy_hash: hash, upstream_expires_at: until, ...rest } = found('credential.issued', ofReviewer)
    expect([event, prev, seq, ts, v, hash, until].every((value) => value !== undefined)).toBe(true)
    expect([credential, connection, delegation, session]).toEqual([/^crd_/, /^con_/, /^dlg_/, /^ses_/].map((form) => expect.stringMatching(form)))
    expect(rest).toEqual({
      event: 'credential.issued', agent: { id: 'agent:pr-reviewer', name: 'PR Reviewer' }, user: { id: 'user:alice@acme.com', name: 'Alice Chen' }, identified_by: 'token',
      integration: 'github', operation: 'GET /repos/{owner}/{repo}/pulls/{pull_number}', scopes: ['pull_requests:read'], target: 'acme-corp/backend', expires_in: '600s',
      policy_evaluation: { org_policy: 'allow', user_consent: 'allow', agent_permissions: 'allow' }, rule: 'pr-reviewer/review', rule_at: expect.stringMatching(/^policies\/pr-reviewer\.yaml:\d+$/),
      narrowed_by: 'upstream', outcome: 'ok',
    })
  })

  it('comes before the call that it was made for, which names the same credential, and ends it by time', () => {
    const events = records.filter(({ credential }) => credential === read()['credential']).map(({ event }) => event)
    expect(events).toEqual(['credential.issued', 'api.started', 'api.call', 'credential.expired'])
    expect(found('credential.expired', ofReviewer)).toMatchObject({ outcome: 'ok', reason: expect.stringContaining('ended at the upstream') })
    expect(world.upstreams.github.oauth.liveTokens().filter(({ narrowed }) => narrowed)).toEqual([])
  })
})

describe('the timeline', () => {
  it('tells the run in the words of the format', () => {
    const told = lines.flatMap((line) => parseRecord(line) ?? []).filter(({ fields }) => (fields['agent'] as { id?: string } | undefined)?.id === 'agent:pr-reviewer')
      .map((record) => humanFormat(false)(record)).filter((line) => /(?:credential|api\.call|api\.denied)/.test(line) && / -> github|\/repos\//.test(line))
    const [at, ms] = [String.raw`^\d{2}:\d{2}:\d{2}`, String.raw`\d+ms`]
    const forAlice = String.raw`agent:pr-reviewer for alice@acme\.com`
    const shapes = [
      String.raw`${at} credential\.issued agent:pr-reviewer -> github for alice@acme\.com \(pull_requests:read on acme-corp/backend, 600s\)$`,
      String.raw`${at} api\.call GET /repos/acme-corp/backend/pulls/42 200 ${ms} ${forAlice}$`,
      String.raw`${at} credential\.issued agent:pr-reviewer -> github for alice@acme\.com \(pull_requests:write on acme-corp/backend, 600s\)$`,
      String.raw`${at} api\.call POST /repos/acme-corp/backend/pulls/42/reviews 200 ${ms} ${forAlice}$`,
      String.raw`${at} api\.denied POST /repos/acme-corp/prod-payments/pulls/3/reviews 403 ${ms} ${forAlice} - denied by org_policy, rule org/production-is-read-only \(policies/org\.yaml:\d+\): Production repositories are read-only for agents\. \[policy_denied\]$`,
      String.raw`${at} credential\.expired agent:pr-reviewer -> github for alice@acme\.com .*ended at the upstream$`,
      String.raw`${at} credential\.expired agent:pr-reviewer -> github for alice@acme\.com .*ended at the upstream$`,
    ]
    expect(told).toEqual(shapes.map((shape) => expect.stringMatching(new RegExp(shape))))
  })

  it('has the times of the records', () => {
    const line = lines.find((one) => one.includes('"api.call"')) ?? ''
    const record = parseRecord(line)
    expect(record === undefined ? '' : humanFormat(false)(record)).toMatch(new RegExp(`^${record?.ts.slice(11, 19) ?? '-'} api\\.call `))
  })

  it('is the same at the operator’s terminal', async () => {
    const { code, stdout, stderr } = await world.postern('audit', 'query', '--agent', 'agent:pr-reviewer', '--integration', 'github', '--event', 'credential')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.trim().split('\n').map((line) => line.split(' ').slice(1, 5).join(' '))).toEqual([
      'credential.issued agent:pr-reviewer -> github', 'credential.issued agent:pr-reviewer -> github',
      'credential.expired agent:pr-reviewer -> github', 'credential.expired agent:pr-reviewer -> github',
    ])
  })

  it('is the same for the person’s own dashboard', async () => {
    const api = await BrowserApi.of(await world.signedIn('alice'))
    const told = (): Promise<readonly Readonly<Record<string, unknown>>[]> => api.items('/v1/audit?agent=agent:pr-reviewer')
    await expect.poll(async () => (await told()).map(({ event }) => event), { timeout: 10_000 }).toContain('credential.expired')
    for (const record of await told()) expect(records).toContainEqual(record)
  })
})

/** `http.status`, in the order in which they stand. */
function fieldsOf(value: object): readonly string[] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
    isGroup(inner) ? fieldsOf(inner).map((own) => `${name}.${own}`) : [name])
}

function merged(one: Shape, other: Shape): Shape {
  const groups = Object.entries(other).map(([name, shape]): [string, Shape[string]] => {
    const known = one[name]
    return [name, isGroup(shape) && isGroup(known) ? { ...known, ...shape } : shape]
  })
  return { ...one, ...Object.fromEntries(groups) }
}

function problems(record: Readonly<Record<string, unknown>>, shape: Shape): readonly string[] {
  return Object.entries(shape).flatMap(([name, wanted]): readonly string[] => {
    const value = record[name]
    if (wanted instanceof RegExp) return wanted.test(String(value)) ? [] : [`${name}: ${JSON.stringify(value)} is not ${wanted}`]
    if (isGroup(wanted)) return problems(value as Readonly<Record<string, unknown>>, wanted as Shape)
    return JSON.stringify(value) === JSON.stringify(wanted) ? [] : [`${name}: ${JSON.stringify(value)} is not ${JSON.stringify(wanted)}`]
  })
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RegExp)
}
