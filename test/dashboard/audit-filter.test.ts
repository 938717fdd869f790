import { describe, expect, it } from 'vitest'
import { filterOf, filterWords, isFiltered, placeOf, queryOf, reachesNow, windowOf, type AuditFilter } from '../../src/dashboard/audit/audit-filter.ts'
import { localField, momentOfField } from '../../src/dashboard/audit/local-moment.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')
const at = (iso: string): number => Date.parse(iso)

describe('the filter in the address bar', () => {
  const PLACES: readonly [search: string, place: string][] = [
    ['', '/audit'],
    ['agent=pr-reviewer&outcome=denied', '/audit?agent=pr-reviewer&outcome=denied'],
    ['outcome=denied&agent=pr-reviewer', '/audit?agent=pr-reviewer&outcome=denied'],
    ['agent=++&event=api.denied', '/audit?event=api.denied'],
    ['last=24h', '/audit?last=24h'],
    ['last=99y', '/audit'],
    ['last=1h&since=2026-11-22T10:00:00Z', '/audit?last=1h'],
    ['strange=1&session=ses_x', '/audit?session=ses_x'],
  ]
  for (const [search, place] of PLACES) it(`of ?${search} leads to ${place}`, () => { expect(placeOf(filterOf(new URLSearchParams(search)))).toBe(place) })

  it('asks the API for what it names, a span from now backwards', () => {
    expect(queryOf({ last: '1h', agent: 'x' }, NOW)).toMatchObject({ agent: 'x', since: '2026-11-22T11:00:00.000Z', until: undefined })
    expect(queryOf({ since: '2026-11-01T00:00:00Z' }, NOW)).toMatchObject({ since: '2026-11-01T00:00:00Z' })
    expect(Object.keys(queryOf({ last: '1h' }, NOW))).not.toContain('last')
  })

  const REACHES: readonly [AuditFilter, boolean][] = [[{}, true], [{ last: '1h' }, true], [{ until: '2026-11-22T11:00:00Z' }, false], [{ until: '2026-11-22T13:00:00Z' }, true], [{ until: 'never' }, true]]
  for (const [filter, live] of REACHES) it(`${JSON.stringify(filter)} ${live ? 'may still grow' : 'has ended'}`, () => { expect(reachesNow(filter, NOW)).toBe(live) })

  const WINDOWS: readonly [AuditFilter, string, string][] = [
    [{}, '2026-11-22T11:00:00Z', '2026-11-22T12:00:00Z'],
    [{ last: '24h' }, '2026-11-21T12:00:00Z', '2026-11-22T12:00:00Z'],
    [{ since: '2026-11-22T09:00:00Z' }, '2026-11-22T09:00:00Z', '2026-11-22T12:00:00Z'],
    [{ until: '2026-11-20T09:00:00Z' }, '2026-11-20T08:00:00Z', '2026-11-20T09:00:00Z'],
    [{ since: '2026-11-20T07:00:00Z', until: '2026-11-20T09:00:00Z' }, '2026-11-20T07:00:00Z', '2026-11-20T09:00:00Z'],
    [{ since: '2026-11-20T09:00:00Z', until: '2026-11-20T07:00:00Z' }, '2026-11-20T06:00:00Z', '2026-11-20T07:00:00Z'],
  ]
  for (const [filter, since, until] of WINDOWS) it(`${JSON.stringify(filter)} charts ${since} to ${until}`, () => { expect(windowOf(filter, NOW)).toEqual({ sinceMs: at(since), untilMs: at(until) }) })

  it('is told in words', () => {
    expect(filterWords({})).toBe('no filter: everything that you may see')
    expect(filterWords({ agent: 'x', outcome: 'denied', last: '1h' })).toBe('agent x, outcome denied, last hour')
    expect([isFiltered({}), isFiltered({ agent: 'x' })]).toEqual([false, true])
  })

  it('holds a moment of the reader’s own zone to the second', () => {
    expect(momentOfField(localField('2026-11-21T09:32:15Z'))).toBe('2026-11-21T09:32:15.000Z')
    expect([localField(undefined), localField('never'), momentOfField(''), momentOfField('never')]).toEqual(['', '', undefined, undefined])
  })
})
