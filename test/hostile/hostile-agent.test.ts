import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runAttack } from './attack.ts'
import { hostAttacks } from './attacks-on-hosts.ts'
import { posternAttacks } from './attacks-on-postern.ts'
import { requestAttacks } from './attacks-on-requests.ts'
import { tokenAttacks } from './attacks-on-tokens.ts'
import { startHostileWorld, type HostileWorld } from './hostile-world.ts'

const FAMILIES = [...hostAttacks, ...tokenAttacks, ...requestAttacks, ...posternAttacks]
let world: HostileWorld
beforeAll(async () => { world = await startHostileWorld() }, 120_000)
afterAll(() => world.close())

describe('an agent that is wholly an attacker’s', () => {
  it('can do what was approved: what fails below fails for its own reason', async () => {
    const agent = world.agent(world.alice.access)
    expect((await agent.reverse('GET', '/github/repos/acme-corp/backend/pulls/42')).status).toBe(200)
    expect((await agent.reverse('GET', '/recorder/v1/a')).status).toBe(200)
    expect((await agent.call('POST', 'https://slack.com/api/chat.postMessage', { body: 'channel=C0CODEREVIEW&text=hi',
      type: 'application/x-www-form-urlencoded' })).status).toBe(200)
  })

  for (const { family, attacks } of FAMILIES) {
    it(`gains nothing by ${family}: ${attacks.length} tries`, async () => {
      const problems: string[] = []
      for (const attack of attacks) {
        const problem = await runAttack(world, attack)
        if (problem !== undefined) problems.push(`${attack.name}: ${problem}`)
      }
      expect(problems).toEqual([])
    })
  }

  it('has tried three hundred times and more', () => {
    expect(FAMILIES.reduce((sum, { attacks }) => sum + attacks.length, 0)).toBeGreaterThan(300)
  })
})

describe('after all of it', () => {
  it('no credential stands anywhere but at its own upstream', async () => {
    expect(await world.exposed()).toEqual([])
  })

  it('nobody ever called the attacker', () => expect(world.attacker.connections()).toBe(0))

  it('each request that reached the recorder had our credential, once', () => {
    const proofs = world.recorder.requests.map(({ lines }) => lines.filter((line) => /^(?:proxy-)?authorization:|^cookie:|^x-api-key:|^private-token:/i.test(line)))
    expect(proofs.filter((lines) => lines.length !== 1 || lines[0]?.toLowerCase() !== `authorization: bearer ${world.recorder.secret}`.toLowerCase())).toEqual([])
  })
})
