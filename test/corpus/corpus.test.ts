import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mapBounded } from '../../src/lib/map-bounded.ts'
import { findCanaries } from '../support/canary.ts'
import type { Outcome, Sent } from './corpus-case.ts'
import { startCorpusWorld, type CorpusWorld } from './corpus-world.ts'
import { CORPUS, countsOf } from './corpus.ts'
import { NEVER_SENT } from './never-sent.ts'
import { runCase } from './run-case.ts'
import { readStrictly } from './strict-request.ts'
import { tallied } from './tally.ts'

const AT_ONCE = 24
let world: CorpusWorld
const expected: Sent[] = []
const results = new Map<string, readonly Outcome[]>()
let next = 0
beforeAll(async () => { world = await startCorpusWorld() })
afterAll(() => world.close())

/** Each row through one of its doors in turn; through all of them in the run that is asked for all. */
const ALL = process.env['POSTERN_CORPUS'] === 'all'

describe('the raw corpus: each answered as it must be, and nothing more on its connection', () => {
  for (const { family, rows } of CORPUS) {
    const cases = rows.flatMap((row, at) => row.doors.filter((_, index) => ALL || index === at % row.doors.length).map((door) => ({ row, door })))
    it(`${family}: ${cases.length} cases`, { timeout: ALL ? 300_000 : 60_000 }, async ({ task }) => {
      const problems: string[] = []
      const ended: Outcome[] = []
      await mapBounded(cases, AT_ONCE, async ({ row, door }) => {
        const site = world.siteOf(door, `c${next++}`)
        const result = await runCase(world, row, door, site)
        results.set(site.id, result.outcomes)
        ended.push(result.outcomes.at(-1) ?? 'cut')
        expected.push(...row.sent(site))
        if (result.problem !== undefined) problems.push(`${door}, ${row.name}: ${result.problem}, must be ${row.answers.join(' then ')}`)
      })
      Object.assign(task.meta, { tally: tallied(family, rows.length, ended) })
      expect(problems).toEqual([])
    })
  }

  it('has a thousand cases and more', () => {
    expect(results.size).toBeGreaterThan(1_000)
    expect(countsOf(CORPUS).reduce((sum, { rows }) => sum + rows, 0)).toBe(ALL ? CORPUS.reduce((sum, { rows }) => sum + rows.length, 0) : results.size)
  })
})

describe('what reached the upstream in all of it', () => {
  it('is exactly the requests that were to be taken, read by a strict server of our own', () => {
    const arrived = world.stage.recorder.received.flatMap((bytes) => readStrictly(bytes).requests)
    const line = ({ method, target, body }: Sent): string => `${method} ${target} ${JSON.stringify(body)}`
    expect(arrived.map(line).toSorted()).toEqual(expected.map(line).toSorted())
  })

  it('has one framing, one Host and one credential each, and nothing of the agent’s own', () => {
    for (const bytes of world.stage.recorder.received) {
      for (const { fields, method, target } of readStrictly(bytes).requests) {
        const value = (name: string): readonly string[] => fields.flatMap(([field, text]) => (field === name ? [text] : []))
        expect([method, target, value('host'), value('authorization')]).toEqual([method, target, ['recorder.internal'], [`Bearer ${world.stage.recorder.secret}`]])
        expect(fields.filter(([name]) => NEVER_SENT.test(name)), `${method} ${target}`).toEqual([])
        expect(fields.filter(([name, text]) => name === 'connection' && !/^(?:keep-alive|close)$/.test(text))).toEqual([])
      }
    }
  })

  it('is followed by nothing on a connection that broke off', () => {
    for (const bytes of world.stage.recorder.received) expect(readStrictly(bytes).problem).toBeUndefined()
  })

  it('never held an agent’s token, and no answer ever held the credential', () => {
    expect(findCanaries(world.stage.recorder.received.map((bytes) => ({ name: 'the upstream', bytes })),
      [{ name: 'the agent’s token', value: world.token }])).toEqual([])
  })
})

describe('what is on record', () => {
  it('holds every refusal that an agent was told', async () => {
    await expect.poll(async () => missing(await world.stage.world.records()), { timeout: 5_000 }).toEqual([])
  })
})

/**
 * The first refusals of each second of requests that nobody was identified for stand there whole, the others are counted by code. A head that was
 * accepted and a body that broke stand there as the call that they ended.
 */
function missing(records: readonly Record<string, unknown>[]): readonly string[] {
  const refusals = new Map<unknown, number>()
  const calls = new Set<string>()
  for (const { code, count, event, http } of records) {
    if (code !== undefined) refusals.set(code, (refusals.get(code) ?? 0) + (typeof count === 'number' ? count : 1))
    if (event === 'api.call') calls.add(/^(?:\/recorder)?\/v1\/(c[0-9]+)/.exec(String((http as Record<string, unknown> | undefined)?.['path']))?.[1] ?? '')
  }
  const told = new Map<Outcome, number>()
  for (const [id, outcomes] of results) {
    const last = outcomes.at(-1) ?? 'cut'
    if (last !== 'ok' && last !== 'cut' && last !== 'untold' && !(calls.has(id) && outcomes.length === 1)) told.set(last, (told.get(last) ?? 0) + 1)
  }
  return [...told].flatMap(([code, count]) => ((refusals.get(code) ?? 0) < count ? [`${code}: told ${count}, on record ${refusals.get(code) ?? 0}`] : []))
}
