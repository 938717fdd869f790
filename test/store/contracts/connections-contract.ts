import { beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../../src/lib/secret.ts'
import { newId } from '../../../src/model/ids.ts'
import type { Connection, NewConnection } from '../../../src/store/ports/connections.ts'
import { ALICE, BOB, changesDuring, type OpenStore, type StoreUnderTest } from './store-under-test.ts'

const LEASE_MS = 10_000

const DRAFT: NewConnection = {
  integration: 'slack',
  owner: 'organisation',
  label: 'bot',
  scopes: ['chat:write'],
  tokens: { accessToken: new Secret('access-1'), accessExpiresAtMs: 5_000_000, refreshToken: new Secret('refresh-1') },
  imported: ['fingerprint-1'],
}

function successor(n: number) {
  return {
    scopes: ['chat:write', 'files:write'],
    tokens: { accessToken: new Secret(`access-${n}`), accessExpiresAtMs: 6_000_000 + n, refreshToken: new Secret(`refresh-${n}`) },
  }
}

function plain(connection: Connection | undefined) {
  if (connection === undefined) return undefined
  const { tokens, ...rest } = connection
  return {
    ...rest, access: tokens.accessToken?.reveal(), refresh: tokens.refreshToken?.reveal(), accessExpiresAtMs: tokens.accessExpiresAtMs,
  }
}

/** What every adapter of the connections port keeps to. */
export function connectionsContract(open: OpenStore): void {
  describe('connections', () => {
    let under: StoreUnderTest
    let connection: Connection
    const connections = () => under.store.connections

    beforeEach(async () => {
      under = await open()
      connection = await connections().create(DRAFT)
    })

    it('gives back what was created, by id and by key', async () => {
      const expected = {
        id: connection.id, integration: 'slack', owner: 'organisation', label: 'bot', scopes: ['chat:write'], imported: ['fingerprint-1'],
        account: undefined, state: 'active', stateReason: undefined, intent: undefined, version: 1, generation: 1, createdAtMs: under.clock.now, updatedAtMs: under.clock.now,
        access: 'access-1', refresh: 'refresh-1', accessExpiresAtMs: 5_000_000,
      }
      expect(connection.id).toMatch(/^con_/)
      expect(plain(await connections().get(connection.id))).toEqual(expected)
      expect(plain(await connections().find(DRAFT))).toEqual(expected)
      expect((await connections().list()).map(plain)).toEqual([expected])
    })

    it('knows nothing of what was never created', async () => {
      expect(await connections().get(newId('con'))).toBeUndefined()
      expect(await connections().find({ ...DRAFT, label: 'other' })).toBeUndefined()
      expect(await connections().find({ ...DRAFT, owner: ALICE })).toBeUndefined()
    })

    it('keeps whose account it is, and takes another only where one is told', async () => {
      const account = { id: '583231', name: 'alice-chen' }
      const made = await connections().create({ ...DRAFT, owner: ALICE, account })
      expect(made.account).toEqual(account)
      expect((await connections().completeRefresh(made.id, 1, successor(2)))?.account).toEqual(account)
      expect((await connections().replaceTokens(made.id, 2, { ...successor(3), account: undefined }, undefined))?.account).toEqual(account)
      const moved = { id: '9', name: 'alice-c' }
      expect((await connections().replaceTokens(made.id, 3, { ...successor(4), account: moved }, undefined))?.account).toEqual(moved)
      expect((await connections().completeRefresh(made.id, 4, { ...successor(5), account }))?.account).toEqual(account)
      expect((await (await under.reopen()).connections.get(made.id))?.account).toEqual(account)
    })

    it('lists those of one owner, in order of creation', async () => {
      const made: string[] = []
      for (const [owner, label] of [[ALICE, 'work'], [BOB, 'work'], [ALICE, 'home']] as const) {
        under.clock.now += 1
        made.push((await connections().create({ ...DRAFT, owner, label })).id)
      }
      expect((await connections().list(ALICE)).map(({ id }) => id)).toEqual([made[0], made[2]])
      expect((await connections().list('organisation')).map(({ id }) => id)).toEqual([connection.id])
      expect((await connections().list()).map(({ id }) => id)).toEqual([connection.id, ...made])
    })

    it('tells each change, and nothing where nothing changed', async () => {
      const change = [{ kind: 'connection', id: connection.id }]
      const told = (run: () => Promise<unknown>) => changesDuring(under.store, run)
      expect(await told(() => connections().beginRefresh(connection.id, 1, 'me', LEASE_MS))).toEqual(change)
      expect(await told(() => connections().failRefresh(connection.id, 2, { outcome: 'unknown' }))).toEqual(change)
      expect(await told(() => connections().completeRefresh(connection.id, 1, successor(2)))).toEqual(change)
      expect(await told(() => connections().replaceTokens(connection.id, 4, successor(3), undefined))).toEqual(change)
      expect(await told(() => connections().revoke(connection.id, 'no longer used'))).toEqual(change)
      expect(await told(async () => {
        await connections().revoke(connection.id, 'again')
        await connections().create(DRAFT)
        await connections().beginRefresh(connection.id, 1, 'me', LEASE_MS)
        await connections().completeRefresh(connection.id, 1, successor(2))
        await connections().replaceTokens(connection.id, 1, successor(3), undefined)
      })).toEqual([])
      const made = await told(() => connections().create({ ...DRAFT, label: 'second' }))
      expect(made).toEqual([{ kind: 'connection', id: (await connections().find({ ...DRAFT, label: 'second' }))?.id }])
    })

    it('keeps a connection without tokens and with an access token that does not expire', async () => {
      const tokens = { accessToken: undefined, accessExpiresAtMs: undefined, refreshToken: undefined }
      const made = await connections().create({ ...DRAFT, label: 'empty', tokens })
      expect(made.tokens).toEqual(tokens)
    })

    it('gives the existing connection where the key is taken, and changes nothing of it', async () => {
      const again = await connections().create({ ...DRAFT, tokens: successor(9).tokens, imported: ['other'] })
      expect(plain(again)).toEqual(plain(connection))
    })

    it('lets one of many that begin at the same version refresh', async () => {
      const other = await under.reopen()
      const attempts = [1, 2, 3, 4, 5, 6].map((n) => (n % 2 === 0 ? other.connections : connections()))
      const begun = await Promise.all(attempts.map((target, n) => target.beginRefresh(connection.id, 1, `process-${n}`, LEASE_MS)))
      expect(begun.filter((result) => result !== undefined)).toHaveLength(1)
    })

    it('shows the intent to everybody before the refresh is made', async () => {
      await connections().beginRefresh(connection.id, 1, 'me', LEASE_MS)
      const seen = await (await under.reopen()).connections.get(connection.id)
      expect(seen?.intent).toEqual({ holder: 'me', startedAtMs: under.clock.now, leaseUntilMs: under.clock.now + LEASE_MS, unfinished: false })
      expect(seen?.version).toBe(2)
      expect(seen?.tokens.refreshToken?.reveal()).toBe('refresh-1')
    })

    it('lets others take over once the clock was set back, rather than keep them out for as long', async () => {
      const connection = await under.store.connections.create(DRAFT)
      const begun = await under.store.connections.beginRefresh(connection.id, connection.version, 'me', LEASE_MS)
      const again = () => under.store.connections.beginRefresh(connection.id, begun?.version ?? 0, 'other', LEASE_MS)
      under.clock.now -= 30_000
      expect(await again()).toBeUndefined()
      under.clock.now -= 3_600_000
      expect((await again())?.intent).toMatchObject({ holder: 'other', unfinished: true })
    })

    it('keeps others out while the lease runs, and lets them take over as unfinished once it is over', async () => {
      await connections().beginRefresh(connection.id, 1, 'crashed', LEASE_MS)
      under.clock.now += LEASE_MS - 1
      expect(await connections().beginRefresh(connection.id, 2, 'next', LEASE_MS)).toBeUndefined()
      under.clock.now += 1
      const taken = await connections().beginRefresh(connection.id, 2, 'next', LEASE_MS)
      expect(taken?.intent).toMatchObject({ holder: 'next', unfinished: true, startedAtMs: under.clock.now })
    })

    it('replaces the tokens and ends the intent when a refresh completes', async () => {
      const begun = await connections().beginRefresh(connection.id, 1, 'me', LEASE_MS)
      const done = await connections().completeRefresh(connection.id, begun?.generation ?? 0, successor(2))
      expect(plain(done)).toMatchObject({ access: 'access-2', refresh: 'refresh-2', generation: 2, version: 3, intent: undefined, scopes: successor(2).scopes })
      expect(plain(await connections().get(connection.id))).toEqual(plain(done))
    })

    it('stores the first of two successors of the same generation, never the second', async () => {
      expect(await connections().completeRefresh(connection.id, 1, successor(2))).toBeDefined()
      expect(await connections().completeRefresh(connection.id, 1, successor(3))).toBeUndefined()
      expect((await connections().get(connection.id))?.tokens.refreshToken?.reveal()).toBe('refresh-2')
    })

    it('brings a connection back that was given up while the answer was under way', async () => {
      await connections().beginRefresh(connection.id, 1, 'slow', LEASE_MS)
      under.clock.now += LEASE_MS
      const taken = await connections().beginRefresh(connection.id, 2, 'hasty', LEASE_MS)
      await connections().failRefresh(connection.id, taken?.version ?? 0, { outcome: 'dead', reason: 'refused' })
      const healed = await connections().completeRefresh(connection.id, 1, successor(2))
      expect(plain(healed)).toMatchObject({ state: 'active', stateReason: undefined, refresh: 'refresh-2' })
    })

    it('forgets an attempt that certainly was not processed', async () => {
      const begun = await connections().beginRefresh(connection.id, 1, 'me', LEASE_MS)
      const failed = await connections().failRefresh(connection.id, begun?.version ?? 0, { outcome: 'not_processed' })
      expect(failed).toMatchObject({ state: 'active', intent: undefined })
    })

    it('remembers an attempt with an unknown outcome, also through later ones that were not processed', async () => {
      const begun = await connections().beginRefresh(connection.id, 1, 'me', LEASE_MS)
      const failed = await connections().failRefresh(connection.id, begun?.version ?? 0, { outcome: 'unknown' })
      expect(failed?.intent).toMatchObject({ unfinished: true, leaseUntilMs: under.clock.now })
      const again = await connections().beginRefresh(connection.id, failed?.version ?? 0, 'me', LEASE_MS)
      expect(again?.intent?.unfinished).toBe(true)
      const unsent = await connections().failRefresh(connection.id, again?.version ?? 0, { outcome: 'not_processed' })
      expect(unsent?.intent?.unfinished).toBe(true)
    })

    it('requires a person once the refresh token is dead, and lets nobody refresh then', async () => {
      const begun = await connections().beginRefresh(connection.id, 1, 'me', LEASE_MS)
      const dead = await connections().failRefresh(connection.id, begun?.version ?? 0, { outcome: 'dead', reason: 'Slack refused it.' })
      expect(dead).toMatchObject({ state: 'reauth_required', stateReason: 'Slack refused it.', intent: undefined })
      expect(await connections().beginRefresh(connection.id, dead?.version ?? 0, 'me', LEASE_MS)).toBeUndefined()
    })

    it('ignores the failure of an attempt that somebody else has taken over', async () => {
      const first = await connections().beginRefresh(connection.id, 1, 'slow', LEASE_MS)
      under.clock.now += LEASE_MS
      await connections().beginRefresh(connection.id, 2, 'next', LEASE_MS)
      for (const failure of [{ outcome: 'dead', reason: 'x' }, { outcome: 'unknown' }, { outcome: 'not_processed' }] as const) {
        expect(await connections().failRefresh(connection.id, first?.version ?? 0, failure)).toBeUndefined()
      }
      expect(await connections().get(connection.id)).toMatchObject({ state: 'active', intent: { holder: 'next' } })
    })

    it('is active again with new tokens from a person, and remembers where they came from', async () => {
      const begun = await connections().beginRefresh(connection.id, 1, 'me', LEASE_MS)
      const dead = await connections().failRefresh(connection.id, begun?.version ?? 0, { outcome: 'dead', reason: 'gone' })
      const renewed = await connections().replaceTokens(connection.id, dead?.version ?? 0, successor(5), 'fingerprint-2')
      expect(plain(renewed)).toMatchObject({ state: 'active', stateReason: undefined, refresh: 'refresh-5', generation: 2, imported: ['fingerprint-1', 'fingerprint-2'] })
      expect(await connections().replaceTokens(connection.id, dead?.version ?? 0, successor(6), undefined)).toBeUndefined()
    })

    it('keeps the last fingerprints only', async () => {
      let current = connection
      for (let n = 2; n <= 40; n++) {
        current = (await connections().replaceTokens(current.id, current.version, successor(n), `fingerprint-${n}`)) ?? current
      }
      expect(current.imported).toHaveLength(32)
      expect(current.imported.at(-1)).toBe('fingerprint-40')
    })

    it('forgets the tokens of what is revoked, and no late answer brings them back', async () => {
      await connections().beginRefresh(connection.id, 1, 'me', LEASE_MS)
      const revoked = await connections().revoke(connection.id, 'no longer used')
      expect(plain(revoked)).toMatchObject({ state: 'revoked', stateReason: 'no longer used', access: undefined, refresh: undefined, intent: undefined })
      expect(await connections().completeRefresh(connection.id, 1, successor(2))).toBeUndefined()
      expect(await connections().completeRefresh(connection.id, 2, successor(2))).toBeUndefined()
      expect(plain(await connections().revoke(connection.id, 'again'))).toEqual(plain(revoked))
      expect(await connections().revoke(newId('con'), 'unknown')).toBeUndefined()
    })

    it('keeps everything over closing and opening', async () => {
      await connections().completeRefresh(connection.id, 1, successor(2))
      const before = plain(await connections().get(connection.id))
      await under.store.close()
      const reopened = await under.reopen()
      expect(plain(await reopened.connections.get(connection.id))).toEqual(before)
    })

    it('refuses calls once it is closed', async () => {
      await under.store.close()
      await expect(connections().list()).rejects.toMatchObject({ code: 'store_closed' })
      await under.store.close()
    })
  })
}
