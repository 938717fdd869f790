import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPosternWorld, type PosternWorld } from '../support/postern-world.ts'

let world: PosternWorld
beforeAll(async () => {
  world = await startPosternWorld()
})
afterAll(() => world.close())

const recorded = (event: string): Promise<Record<string, unknown>> => world.recorded((record) => record['event'] === event)

describe('the audit, of a configuration that changes while Postern runs,', () => {
  it('has each revocation, and each that is taken back', async () => {
    await world.editConfig((text) => `${text}\nrevoked: { delegations: [dlg_one], sessions: [ses_one] }\n`)
    expect(await recorded('delegation.revoked')).toMatchObject({ delegation: 'dlg_one' })
    expect(await recorded('session.ended')).toMatchObject({ session: 'ses_one', outcome: 'revoked' })
    await world.editConfig((text) => text.replace(/^revoked:.*$/m, ''))
    expect(await recorded('delegation.restored')).toMatchObject({ delegation: 'dlg_one' })
    expect(await recorded('session.restored')).toMatchObject({ session: 'ses_one' })
    expect((await world.records()).filter(({ event }) => event === 'admin.config_loaded')).toHaveLength(2)
  })

  it('says that a file cannot be used, since a revocation in it is not in force', async () => {
    await world.editConfig((text) => `${text}\nrevoked: { delegation: [dlg_two] }\n`)
    expect(await recorded('admin.config_rejected')).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/:\d+:\d+: revoked/) })
  })
})
