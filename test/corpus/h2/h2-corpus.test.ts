import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mapBounded } from '../../../src/lib/map-bounded.ts'
import { findCanaries } from '../../support/canary.ts'
import type { Sent } from '../corpus-case.ts'
import { NEVER_SENT } from '../never-sent.ts'
import { readStrictly } from '../strict-request.ts'
import { tallied } from '../tally.ts'
import { arrivedOverHttp1, arrivedOverHttp2, type Arrived } from './arrived.ts'
import type { H2Outcome, Spoken } from './h2-case.ts'
import { H2_CORPUS, waysOf } from './h2-corpus.ts'
import { startH2World, type H2World } from './h2-world.ts'
import { oddFrames } from './recording-http2-upstream.ts'
import { runH2Case } from './run-h2-case.ts'

const AT_ONCE = 16
/** Half of the rows through one of their ways in turn; all of them through all ways in the run that is asked for all. */
const ALL = process.env['POSTERN_CORPUS'] === 'all'
/** By the parity of its bits (Thue and Morse), which follows no pattern in which rows are made. */
const isChosen = (at: number): boolean => ALL || at.toString(2).replaceAll('0', '').length % 2 === 0
const expected: Record<Spoken, Sent[]> = { 'HTTP/1.1': [], 'HTTP/2': [] }
/** Sent on or not, before what is wrong came. */
const perhaps: Record<Spoken, Sent[]> = { 'HTTP/1.1': [], 'HTTP/2': [] }
const outcomes: H2Outcome[] = []
const seen: Buffer[] = []
let world: H2World
let next = 0
beforeAll(async () => { world = await startH2World() })
afterAll(() => world.close())

describe('the corpus of HTTP/2: each ends as it must, and a good request is served afterwards', () => {
  for (const { family, rows } of H2_CORPUS) {
    const cases = rows.filter((_, at) => isChosen(at)).flatMap((row, at) => waysOf(row).filter((_, index, ways) => ALL || index === at % ways.length).map((way) => ({ row, way })))
    it(`${family}: ${cases.length} cases`, { timeout: ALL ? 300_000 : 60_000 }, async ({ task }) => {
      const problems: string[] = []
      const ended: H2Outcome[] = []
      await mapBounded(cases, AT_ONCE, async ({ row, way }) => {
        const site = world.siteOf(way, `h${next++}`)
        const result = await runH2Case(world, row, site)
        ended.push(result.outcome)
        seen.push(result.seen)
        if (result.outcome === 'ok') expected[way.spoken].push(row.sent(site))
        else if (row.late) perhaps[way.spoken].push(row.sent(site))
        expected[way.spoken].push(...result.after.map((id) => ({ method: 'GET', target: `/v1/${id}`, body: '' })))
        if (result.problem !== undefined) problems.push(`${way.door} to ${way.spoken}, ${row.name}: ${result.problem}, must be ${row.outcomes.join(' or ')}`)
      })
      outcomes.push(...ended)
      Object.assign(task.meta, { tally: tallied(family, rows.length, ended) })
      expect(problems).toEqual([])
    })
  }
})

const HOSTS: Readonly<Record<Spoken, string>> = { 'HTTP/1.1': 'one.internal', 'HTTP/2': 'two.internal' }
const arrivedAt = (spoken: Spoken): readonly Arrived[] => (spoken === 'HTTP/1.1' ? arrivedOverHttp1(world.http1.received) : arrivedOverHttp2(world.http2.requests))
const lineOf = ({ method, target, body }: Sent): string => `${method} ${target} ${JSON.stringify(body)}`

describe.for(['HTTP/1.1', 'HTTP/2'] as const)('what reached the upstream that speaks %s', (spoken) => {
  it('is exactly the requests that were to be taken', () => {
    const optional = new Set(perhaps[spoken].map(lineOf))
    const lines = arrivedAt(spoken).map(lineOf)
    expect(lines.filter((line) => !optional.has(line)).toSorted()).toEqual(expected[spoken].map(lineOf).toSorted())
    expect(new Set(lines).size).toBe(lines.length)
  })

  it('has one Host and one credential each, and nothing of the agent’s own', () => {
    for (const { method, target, host, fields, problems } of arrivedAt(spoken)) {
      const credentials = fields.flatMap(([name, value]) => (name === 'authorization' ? [value] : []))
      expect([method, target, host, credentials, problems]).toEqual([method, target, HOSTS[spoken], [`Bearer ${world.secret}`], []])
      // To HTTP/2 we say of ourselves that we read trailers.
      expect(fields.filter(([name, value]) => NEVER_SENT.test(name) && !(spoken === 'HTTP/2' && name === 'te' && value === 'trailers')), `${method} ${target}`).toEqual([])
    }
  })
})

describe('the connections', () => {
  it('to the upstream that speaks HTTP/1.1 carry nothing behind what broke off', () => {
    for (const bytes of world.http1.received) expect(readStrictly(bytes).problem).toBeUndefined()
  })

  it('to the upstream that speaks HTTP/2 carry the frames of a client alone, and nothing on a stream that has ended', () => {
    expect(world.http2.connections.flatMap((frames) => oddFrames(frames))).toEqual([])
    expect(world.http2.errors).toEqual([])
  })

  it('of the agent are all let go', async () => {
    const open = async (): Promise<readonly string[]> => {
      const answer = await fetch(`${world.world.operationsUrl}/metrics`, { headers: { authorization: `Bearer ${world.world.operationsToken}` } })
      return (await answer.text()).split('\n').filter((line) => line.startsWith('postern_open_'))
    }
    await expect.poll(open, { timeout: 5_000 }).toEqual(['postern_open_exchanges 0', 'postern_open_tunnels 0', 'postern_open_connections 0'])
  })
})

describe('what was seen and written down', () => {
  it('holds neither credential at the wrong end', () => {
    expect(findCanaries([{ name: 'the agent', bytes: Buffer.concat(seen).toString('latin1') }], [{ name: 'the credential', value: world.secret }])).toEqual([])
    expect(findCanaries(world.http1.received.map((bytes) => ({ name: 'the upstream', bytes })), [{ name: 'the agent’s token', value: world.token }])).toEqual([])
  })

  it('has every refusal that an agent was told on record', async () => {
    const told = Map.groupBy(outcomes.filter((outcome) => /^[a-z_]+$/.test(outcome) && !['ok', 'ended', 'untold'].includes(outcome)), (code) => code)
    const missing = async (): Promise<readonly string[]> => {
      const recorded = new Map<unknown, number>()
      for (const { code, count } of await world.world.records()) recorded.set(code, (recorded.get(code) ?? 0) + (typeof count === 'number' ? count : 1))
      return [...told].flatMap(([code, { length }]) => ((recorded.get(code) ?? 0) < length ? [`${code}: told ${length}, on record ${recorded.get(code) ?? 0}`] : []))
    }
    expect(told.size).toBeGreaterThan(10)
    await expect.poll(missing, { timeout: 5_000 }).toEqual([])
  })

  it('is of all that was to be sent', () => expect(outcomes.length).toBeGreaterThan(ALL ? 5_000 : 700))
})
