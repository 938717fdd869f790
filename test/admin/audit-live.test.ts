import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PEOPLE, startAuthorityWorld, type AuthorityWorld, type PersonName, type WorldBrowser } from '../support/authority-world.ts'

let world: AuthorityWorld
const browsers = new Map<PersonName, WorldBrowser>()
beforeAll(async () => {
  world = await startAuthorityWorld()
  for (const name of ['olga', 'alice'] as const) browsers.set(name, await world.signedIn(name))
})
afterAll(() => world.close())

async function read(name: PersonName, path: string): Promise<{ readonly status: number; readonly json: Record<string, unknown> }> {
  const browser = browsers.get(name) ?? expect.unreachable()
  await browser.get(`${world.url}${path}`)
  return { status: browser.status, json: JSON.parse(browser.body) as Record<string, unknown> }
}

/** The newest record of this person's signing in, once the searchable copy has it. */
async function signedIn(as: PersonName): Promise<{ readonly chain: string; readonly seq: number }> {
  const found = async () => (await read(as, `/v1/audit?event=admin.signed_in&person=${PEOPLE[as].person}&limit=1`)).json as { items: { seq: number }[]; chains: string[] }
  await expect.poll(async () => (await found()).items.length, { timeout: 10_000 }).toBe(1)
  const { items, chains } = await found()
  return { seq: items[0]?.seq ?? 0, chain: chains[0] ?? '' }
}

describe('the audit of a running authority', () => {
  it('proves its records by its own log, and counts them', async () => {
    const { chain, seq } = await signedIn('olga')
    const { json } = await read('olga', `/v1/audit/records/${chain}/${seq}`)
    const { record, proof } = json as { record: { event: string }; proof: { state: string; lines: string[] } }
    expect(record).toMatchObject({ event: 'admin.signed_in', seq })
    expect(['signed', 'not_signed_yet']).toContain(proof.state)
    expect(JSON.parse(proof.lines[0] ?? '')).toEqual(record)
    expect((await read('olga', '/v1/audit/series?buckets=1')).json).toMatchObject({ complete: true, items: [expect.any(Object)] })
  })

  it('shows a person only their own', async () => {
    const mine = await signedIn('alice')
    const olgas = await signedIn('olga')
    expect((await read('alice', `/v1/audit/records/${mine.chain}/${mine.seq}`)).status).toBe(200)
    expect((await read('alice', `/v1/audit/records/${olgas.chain}/${olgas.seq}`)).status).toBe(404)
  })
})
