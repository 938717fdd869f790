import { describe, expect, test } from 'vitest'
import { newId } from '../../src/model/ids.ts'
import type { Connection } from '../../src/store/ports/connections.ts'
import { ACCESS, ALICE, HOUR_MS, memoryWorld, present, principalOf, REVIEWER, startProcess, until, type Process } from '../registry/support/authority.ts'

const OPS = { by: 'user:ops@acme.com', reason: undefined }

async function granted() {
  const { time, store } = memoryWorld()
  const process = await startProcess(store, time)
  const who = present(await process.desk.grant({ agent: REVIEWER, person: ALICE, access: ACCESS, extend: undefined, expiresAtMs: time.nowMs() + HOUR_MS }))
  const connection = newId('con')
  store.data.connections.set(connection, { id: connection, integration: 'github', owner: ALICE, state: 'active' } as Connection)
  const refused = (): boolean => process.registry.refusal(principalOf(process, REVIEWER, ALICE, who.delegation.id, who.session.id)) !== undefined
  return { process, refused, delegation: who.delegation.id, session: who.session.id, connection }
}

type World = Awaited<ReturnType<typeof granted>>

describe('what is taken back', () => {
  test.each<[string, (world: World) => Promise<unknown>]>([
    ['agent.revoked', ({ process }) => process.revoker.agent(REVIEWER, OPS)],
    ['delegation.revoked', ({ process, delegation }) => process.revoker.delegation(delegation, OPS)],
    ['session.ended', ({ process, session }) => process.revoker.session(session, OPS)],
    ['connection.revoked', ({ process, connection }) => process.revoker.connection(connection, OPS)],
    ['delegation.revoked', ({ process }) => process.revoker.person(ALICE, OPS)],
  ])('is refused at once, and told as done only with %s on record', async (code, takeBack) => {
    const world = await granted()
    const disk = heldDisk(world.process, code)
    let told = false
    const done = takeBack(world).then(() => { told = true })
    await disk.reached
    await until(() => world.process.told.length > 0)
    expect([told, world.process.audit.codes().includes(code)]).toEqual([false, false])
    if (code !== 'connection.revoked') expect(world.refused()).toBe(true)
    disk.release()
    await done
    expect(world.process.audit.codes().filter((one) => one === code)).toHaveLength(1)
  })

  test('is told as done where the audit cannot be written, and its record is kept for later', async () => {
    const world = await granted()
    world.process.audit.writable = false
    expect(await world.process.revoker.delegation(world.delegation, OPS)).toMatchObject({ changed: true })
    expect([world.refused(), world.process.audit.codes().filter((code) => code === 'delegation.revoked')]).toEqual([true, ['delegation.revoked']])
  })

  test('is nothing where there was nothing: no record of it', async () => {
    const { process } = await granted()
    const before = process.audit.events.length
    expect(await process.revoker.delegation(newId('dlg'), OPS)).toBeUndefined()
    expect(process.audit.events).toHaveLength(before)
  })
})

/** Records of this kind wait for the disk until they are released. */
function heldDisk({ audit }: Process, code: string): { readonly reached: Promise<void>, release(): void } {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const commit = audit.commit.bind(audit)
  audit.commit = async (event) => {
    if (event.event === code) {
      reached.resolve()
      await released.promise
    }
    return commit(event)
  }
  return { reached: reached.promise, release: () => released.resolve() }
}
