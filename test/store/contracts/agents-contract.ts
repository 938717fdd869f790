import { beforeEach, describe, expect, it } from 'vitest'
import type { AgentId } from '../../../src/model/ids.ts'
import type { NewAgent } from '../../../src/store/ports/agents.ts'
import { changesDuring, type OpenStore, REVIEWER, type StoreUnderTest, TRIAGE } from './store-under-test.ts'

const DRAFT: NewAgent = {
  id: REVIEWER,
  name: 'PR Reviewer',
  owner: 'platform@acme.com',
  spiffeId: 'spiffe://acme.com/pr-reviewer',
  subject: 'CN=pr-reviewer,O=Acme',
  serviceAccount: 'system:serviceaccount:agents:pr-reviewer',
  redirectUris: ['http://127.0.0.1/callback', 'https://reviewer.acme.com/callback'],
  publicKeyPem: '-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n',
  registeredBy: 'user:ops@acme.com',
}

const BARE: NewAgent = {
  id: TRIAGE, name: 'Issue triage', owner: undefined, spiffeId: undefined, subject: undefined, serviceAccount: undefined,
  redirectUris: [], publicKeyPem: undefined, registeredBy: 'user:ops@acme.com',
}

/** What every adapter of the agents port keeps to. */
export function agentsContract(open: OpenStore): void {
  describe('agents', () => {
    let under: StoreUnderTest
    const agents = () => under.store.agents

    beforeEach(async () => { under = await open() })

    it('gives back what was registered, with and without what is optional, in order of registration and over reopening', async () => {
      const made = await agents().create(DRAFT)
      under.clock.now += 1
      await agents().create(BARE)
      const expected = [
        { ...DRAFT, createdAtMs: under.clock.now - 1, version: 1 },
        { ...BARE, createdAtMs: under.clock.now, version: 1 },
      ]
      expect(made).toEqual(expected[0])
      expect(await agents().get(TRIAGE)).toEqual(expected[1])
      expect(await agents().list()).toEqual(expected)
      expect(await agents().get('agent:unknown' as AgentId)).toBeUndefined()
      await under.store.close()
      expect(await (await under.reopen()).agents.list()).toEqual(expected)
    })

    it('lets one of many that register the same id have it, and overwrites nothing of it', async () => {
      const other = await under.reopen()
      const drafts = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({ ...DRAFT, name: `attempt ${n}` }))
      const made = await Promise.all(drafts.map((draft, n) => (n % 2 === 0 ? other.agents : agents()).create(draft)))
      const winners = made.filter((agent) => agent !== undefined)
      expect(winners).toHaveLength(1)
      expect(await agents().list()).toEqual(winners)
      expect(await agents().create({ ...DRAFT, name: 'an imposter' })).toBeUndefined()
      expect(await agents().get(REVIEWER)).toEqual(winners[0])
    })

    it('replaces an agent where the version is still the one that was read, and only then', async () => {
      await agents().create(DRAFT)
      under.clock.now += 5
      const renamed = await agents().replace({ ...DRAFT, name: 'Reviewer', owner: undefined }, 1)
      expect(renamed).toEqual({ ...DRAFT, name: 'Reviewer', owner: undefined, createdAtMs: under.clock.now - 5, version: 2 })
      expect(await agents().replace({ ...DRAFT, name: 'too late' }, 1)).toBeUndefined()
      expect(await agents().replace(BARE, 1)).toBeUndefined()
      expect(await agents().list()).toEqual([renamed])
    })

    it('lets one of many that change the same version win', async () => {
      await agents().create(DRAFT)
      const changed = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => agents().replace({ ...DRAFT, name: `change ${n}` }, 1)))
      expect(changed.filter((agent) => agent !== undefined)).toHaveLength(1)
      expect((await agents().get(REVIEWER))?.version).toBe(2)
    })

    it('keeps who revoked an agent, when and why, also of one that only the configuration knows', async () => {
      expect(await agents().revoke({ agent: TRIAGE, by: 'user:ops@acme.com', reason: 'it misbehaved' })).toBe(true)
      under.clock.now += 1
      expect(await agents().revoke({ agent: REVIEWER, by: 'user:bob@acme.com', reason: undefined })).toBe(true)
      const expected = [
        { agent: TRIAGE, revokedAtMs: under.clock.now - 1, by: 'user:ops@acme.com', reason: 'it misbehaved' },
        { agent: REVIEWER, revokedAtMs: under.clock.now, by: 'user:bob@acme.com', reason: undefined },
      ]
      const byAgent = (list: readonly { readonly agent: string }[]) => list.toSorted((a, b) => (a.agent < b.agent ? 1 : -1))
      expect(byAgent(await agents().revocations())).toEqual(byAgent(expected))
      await under.store.close()
      expect(byAgent(await (await under.reopen()).agents.revocations())).toEqual(byAgent(expected))
    })

    it('leaves a first revocation as it was, and takes one after a restoration', async () => {
      await agents().revoke({ agent: TRIAGE, by: 'user:ops@acme.com', reason: 'first' })
      expect(await agents().revoke({ agent: TRIAGE, by: 'user:eve@acme.com', reason: 'second' })).toBe(false)
      expect(await agents().revocations()).toMatchObject([{ by: 'user:ops@acme.com', reason: 'first' }])
      expect(await agents().restore(TRIAGE)).toBe(true)
      expect(await agents().restore(TRIAGE)).toBe(false)
      expect(await agents().revocations()).toEqual([])
      expect(await agents().revoke({ agent: TRIAGE, by: 'user:eve@acme.com', reason: 'again' })).toBe(true)
      expect(await agents().revocations()).toMatchObject([{ reason: 'again' }])
    })

    it('tells each change, and nothing where nothing changed', async () => {
      const change = { kind: 'agent', id: REVIEWER }
      const revocation = { agent: REVIEWER, by: 'user:ops@acme.com', reason: undefined }
      for (const run of [
        () => agents().create(DRAFT), () => agents().replace(DRAFT, 1), () => agents().revoke(revocation), () => agents().restore(REVIEWER),
      ]) {
        expect(await changesDuring(under.store, run)).toEqual([change])
      }
      const nothing = async () => {
        await agents().create(DRAFT)
        await agents().replace(DRAFT, 1)
        await agents().restore(REVIEWER)
        await agents().list()
        await agents().get(REVIEWER)
      }
      expect(await changesDuring(under.store, nothing)).toEqual([])
    })
  })
}
