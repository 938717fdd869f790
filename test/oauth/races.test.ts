import { describe, expect, it } from 'vitest'
import { emptyReport } from './races/race-report.ts'
import { RacedSession } from './races/raced-session.ts'
import { runRaces } from './races/run-races.ts'
import type { TimedAnswer, TokenClient } from './races/token-client.ts'

describe('races for a refresh token at the product’s token endpoint', () => {
  it.each(['sqlite', 'redis'] as const)('have one successor each on %s, also after lost answers, and end the session of whoever replays', { timeout: 60_000 }, async (store) => {
    const report = await runRaces({ store, races: 40, requests: 4, together: 4, repeatEvery: 5, replayEvery: 10 })
    expect(report).toMatchObject({ wrong: [], races: 40, successors: 40, repeats: 8, alive: 4, goodTokens: 4 })
    expect(report.replays).toBeGreaterThan(0)
  })
})

describe('what the races are judged by', () => {
  /** Answers as these say, one after the other. */
  function client(answers: readonly (string | undefined)[], active = true): TokenClient {
    const left = [...answers]
    const refresh = async (): Promise<TimedAnswer> => {
      const token = left.shift()
      const body = token === undefined ? { error: 'invalid_grant' } : { refresh_token: token, access_token: `${token}-${left.length}` }
      return { status: token === undefined ? 400 : 200, body, sentAtMs: 0, answeredAtMs: 1 }
    }
    return { refresh, isActive: async () => active } as unknown as TokenClient
  }

  async function judged(act: (session: RacedSession) => Promise<void>, answers: readonly (string | undefined)[], active?: boolean): Promise<readonly string[]> {
    const report = emptyReport()
    await act(new RacedSession({ access: 'a', refresh: 'first' }, [client(answers, active)], report))
    return report.wrong
  }

  const twice = async (session: RacedSession): Promise<void> => { await session.race(2); await session.race(2) }

  it.each<[string, (session: RacedSession) => Promise<void>, readonly (string | undefined)[], RegExp | undefined]>([
    ['one successor', (session) => session.race(2), ['b', 'b'], undefined],
    ['two successors', (session) => session.race(2), ['b', 'c'], /a race had 2 successors/],
    ['no rotation', (session) => session.race(2), ['first', 'first'], /a race had 1 successors/],
    ['a request that is refused', (session) => session.race(2), ['b', undefined], /a request of a race was refused: 400 invalid_grant/],
    ['another successor for a repetition', async (session) => { await session.race(1); await session.repeat() }, ['b', 'c'], /told another successor/],
    ['a replay that is answered', async (session) => { await twice(session); await session.replay(1) }, ['b', 'b', 'c', 'c', 'd', undefined], /a replay was answered with 200/],
    ['a session that survives a replay', async (session) => { await twice(session); await session.replay(1) }, ['b', 'b', 'c', 'c', undefined, 'd'], /the last token of an ended session was answered with 200/],
    ['a successor that does not work', async (session) => { await session.race(1); await session.settle() }, ['b', undefined], /the last successor was refused/],
  ])('finds %s', async (_, act, answers, expected) => {
    const wrong = await judged(act, answers)
    if (expected === undefined) expect(wrong).toEqual([])
    else expect(wrong.join('\n')).toMatch(expected)
  })

  it('finds a session that was ended, and one that was not', async () => {
    expect(await judged((session) => session.settle(), ['b'], false)).toEqual(['a session was ended that nobody replayed'])
    expect(await judged(async (session) => { await twice(session); await session.replay(1) }, ['b', 'b', 'c', 'c', undefined, undefined], true))
      .toEqual(['an access token of an ended session is told to be good'])
  })
})
