import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requestBytes } from '../support/agent-client.ts'
import { startStage, type Stage } from '../support/stage.ts'

let stage: Stage
const proofs: string[] = []
beforeAll(async () => {
  stage = await startStage({ auditMode: 'relaxed' })
  stage.recorder.respond = (socket, { target }) => void socket.write(`HTTP/1.1 200 OK\r\nCache-Control: public, max-age=9999\r\nETag: "one"\r\nContent-Length: ${target.length}\r\n\r\n${target}`)
  for (const person of ['user:alice@acme.com', 'user:bob@acme.com']) proofs.push(`Authorization: Bearer ${await stage.world.token({ person, consent: [{ integration: 'recorder', scopes: ['any:read'], targets: ['**'] }] })}`)
})
afterAll(() => stage.close())

const ask = (who: number, path: string): Buffer => requestBytes('GET', `/recorder/v1/${path}`, 'localhost', { fields: [proofs[who] ?? ''] })

describe('two delegations on one connection of an agent’s', () => {
  it('get each their own answer, in their order, and never share a connection to the upstream', async () => {
    const wire = await stage.agent.connect()
    const paths = Array.from({ length: 12 }, (_, at) => `${at % 2 === 0 ? 'alice' : 'bob'}-${at}`)
    wire.send(Buffer.concat(paths.map((path, at) => ask(at % 2, path))))
    for (const path of paths) expect(await wire.answer()).toMatchObject({ status: 200, body: `/v1/${path}` })
    wire.close()
    const owners = stage.recorder.received.map((bytes) => new Set([...bytes.matchAll(/\/v1\/(alice|bob)-/g)].map(([, who]) => who)))
    expect(owners.filter((who) => who.size > 1)).toEqual([])
    expect(owners.some((who) => who.has('alice')) && owners.some((who) => who.has('bob'))).toBe(true)
  })

  it('what one was answered is never given to the other: nothing is kept, whatever the upstream says of caching', async () => {
    const before = stage.recorder.requests.length
    for (const who of [0, 1, 0, 1]) {
      const wire = await stage.agent.connect()
      expect((await wire.ask(ask(who, 'same'))).status).toBe(200)
      wire.close()
    }
    expect(stage.recorder.requests.length - before).toBe(4)
  })

  it('one whose proof is no good gets nothing on a connection on which another was just served', async () => {
    const wire = await stage.agent.connect()
    expect((await wire.ask(ask(0, 'served'))).status).toBe(200)
    expect(await wire.ask(requestBytes('GET', '/recorder/v1/borrowed', 'localhost'))).toMatchObject({ status: 401, code: 'identity_required' })
    wire.close()
    expect((await stage.agent.raw(requestBytes('GET', '/recorder/v1/borrowed', 'localhost', { fields: ['Authorization: Bearer a.b.c'] }))).status).toBe(401)
    expect(stage.recorder.requests.filter(({ target }) => target.includes('borrowed'))).toEqual([])
  })

  it('in tunnels that are open side by side, each is its own', async () => {
    const bob = await stage.agentWith({ person: 'user:bob@acme.com', consent: [{ integration: 'slack', scopes: ['chat:write'], targets: ['*'] }] })
    const [mine, theirs] = await Promise.all([stage.agent.tunnel('recorder.internal'), bob.tunnel('recorder.internal')])
    const [good, bad] = await Promise.all([mine.ask(requestBytes('GET', '/v1/mine', 'recorder.internal')),
      theirs.ask(requestBytes('GET', '/v1/theirs', 'recorder.internal'))])
    expect([good.status, bad.code]).toEqual([200, 'consent_required'])
    expect(stage.recorder.requests.filter(({ target }) => target.includes('theirs'))).toEqual([])
    mine.close()
    theirs.close()
  })
})
