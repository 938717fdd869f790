import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ConnectionId, newId } from '../../src/model/ids.ts'
import type { Store } from '../../src/store/ports/store.ts'
import { Secret } from '../../src/lib/secret.ts'
import { ALICE, REVIEWER } from './contracts/store-under-test.ts'
import { checkStore } from './kills/check-store.ts'
import { KIND } from './kills/kill-terms.ts'
import { Ledger } from './kills/ledger.ts'
import { formsOf, runKills } from './kills/run-kills.ts'
import { temporaryStore } from './temporary-store.ts'

describe('a process that is killed', () => {
  it('loses nothing that it acknowledged, brings back nothing that had ended, and leaves no secret in the file', async () => {
    const delays = [200, 350, 60, 150]
    const report = await runKills(delays.length, () => delays.pop() ?? 50)
    expect(report).toMatchObject({ kills: 4, wrong: [], leaks: [] })
    // There was something to lose.
    expect(report.delegations * report.records).toBeGreaterThan(0)
  })
})

describe('the check after a kill', () => {
  let store: Store
  let path: string
  let connection: ConnectionId
  let ledger: Ledger

  beforeEach(async () => {
    ({ store, path } = await temporaryStore())
    const tokens = { accessToken: undefined, accessExpiresAtMs: undefined, refreshToken: new Secret('first') }
    connection = (await store.connections.create({ integration: 'slack', owner: 'organisation', label: 'bot', scopes: [], tokens, imported: [] })).id
    ledger = new Ledger()
    for (const id of ['dlg_1', 'dlg_2']) await grant(id)
    await store.shortLived.put(record('old'))
    await store.shortLived.consume(KIND, 'old', 'me')
  })

  async function grant(id: string): Promise<void> {
    await store.delegations.create({ id: id as never, agent: REVIEWER, person: ALICE, access: [], expiresAtMs: 9_000_000, session: id.replace('dlg', 'ses') as never })
  }

  function record(id: string) {
    return { kind: KIND, id, payload: {}, expiresAtMs: 9_000_000 }
  }

  const SAID = ['try grant dlg_1 ses_1', 'ack grant dlg_1 ses_1', 'try grant dlg_2 ses_2', 'try put old', 'ack put old', 'try consume old', 'ack consume old first']

  async function wrong(...lines: readonly string[]): Promise<readonly string[]> {
    for (const line of lines) ledger.note(line)
    return (await checkStore(store, path, connection, ledger)).wrong
  }

  it('finds nothing where all is as it was said', async () => {
    expect(await wrong(...SAID)).toEqual([])
  })

  it.each<[string, readonly string[], RegExp]>([
    ['a delegation that is lost', ['try grant dlg_3 ses_3', 'ack grant dlg_3 ses_3'], /granted, and is not any more/],
    ['a delegation that had ended', ['try end dlg_1', 'ack end dlg_1'], /ended, and is not any more/],
    ['a session that is lost', ['try start ses_9 dlg_1', 'ack start ses_9 dlg_1'], /started, and is not any more/],
    ['a record that is lost', ['try put other', 'ack put other'], /stored, and is not any more/],
    ['two that were first', ['ack consume old first'], /consumed first 2 times/],
    ['a successor that is lost', ['try succeed old new', 'ack succeed old new'], /a successor was stored, and is not any more/],
    ['a refreshed token that is lost', ['try refresh 2 token', 'ack refresh 2 token'], /a refreshed token is lost/],
  ])('finds %s', async (_, lines, expected) => {
    expect((await wrong(...SAID, ...lines)).join('\n')).toMatch(expected)
  })

  it('finds a delegation that nobody granted, one that ended by itself, and an unconsumed record', async () => {
    await grant('dlg_9')
    await store.delegations.end('dlg_1' as never, 'revoked', 'x', undefined)
    await store.shortLived.put(record('fresh'))
    expect(await wrong(...SAID, 'try put fresh', 'ack put fresh', 'try consume fresh', 'ack consume fresh first')).toEqual([
      'a delegation is there that nobody granted', 'never a delegation was ended, and yet is', 'a record was consumed, and is not any more',
    ])
  })

  it('finds two successors, and one that its record does not know of', async () => {
    for (const id of ['next-1', 'next-2']) await store.shortLived.put(record(id))
    expect(await wrong(...SAID, 'try succeed old next-1', 'try succeed old next-2')).toEqual(['a record has 2 successors', 'a record and its successor do not know of each other'])
  })

  it('takes what it has seen after one kill for settled at the next', async () => {
    expect(await wrong(...SAID, 'try end dlg_2', 'try end dlg_1')).toEqual([])
    await store.delegations.end('dlg_1' as never, 'revoked', 'x', undefined)
    expect(await wrong()).toEqual(['never a delegation was ended, and yet is'])
    expect(await wrong('try grant dlg_5 ses_5')).toHaveLength(1)
    await grant('dlg_5')
    expect(await wrong()).toContain('never a delegation was granted, and yet is')
  })

  it('finds a session that outlived its delegation', async () => {
    await store.delegations.startSession('dlg_1' as never, newId('ses'), 9_000_000)
    using database = new DatabaseSync(path)
    database.exec(`UPDATE delegations SET state = 'revoked', ended_at = 1 WHERE id = 'dlg_1'`)
    expect(await wrong(...SAID, 'try end dlg_1')).toEqual(['a session runs although its delegation has ended', 'a session runs although its delegation has ended'])
  })

  it('finds a damaged file', async () => {
    using database = new DatabaseSync(path)
    database.exec(`PRAGMA foreign_keys = OFF; INSERT INTO sessions (id, delegation, agent, person, started_at, expires_at) VALUES ('ses_x', 'dlg_x', 'a', 'p', 1, 2)`)
    expect((await wrong(...SAID))[0]).toMatch(/the file is damaged: .*sessions/)
  })
})

describe('the search for secrets', () => {
  it('finds them in every alignment of base64', () => {
    for (const before of ['', 'x', 'xy']) {
      const encoded = Buffer.from(`${before}canary-of-some-length and more`).toString('base64url')
      expect(formsOf('canary-of-some-length').some((form) => encoded.includes(form))).toBe(true)
    }
  })
})
