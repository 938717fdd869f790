import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requestBytes } from '../support/agent-client.ts'
import { answerOk } from '../support/recorder.ts'
import { startStage, type Stage } from '../support/stage.ts'

const LIMITS = '{ header_timeout: 300ms, idle_timeout: 1s, connections: 40, tunnels: 6, pipelined: 4, first_byte_timeout: 300ms, handshake_timeout: 300ms, headers: 16KiB, drain_timeout: 500ms }'
let stage: Stage
beforeAll(async () => {
  stage = await startStage({ config: (text) => text.replace(/^listener: \{ (.*), limits: \{[^}]*\} \}$/m, `listener: { $1, limits: ${LIMITS} }`) })
})
afterAll(() => stage.close())

describe('a client that is slow', () => {
  it('in its header is cut off with 408 while others are served', async () => {
    const slow = await stage.agent.connect()
    slow.send('GET /recorder/v1/a HTTP/1.1\r\nHost: loc')
    expect((await stage.agent.reverse('GET', '/recorder/v1/a')).status).toBe(200)
    expect((await slow.answer()).status).toBe(408)
    await slow.closed
  })

  it('in its tunnel, before the first byte or in its handshake, too', async () => {
    const [silent, half] = [await stage.agent.connectTo('recorder.internal:443'), await stage.agent.connectTo('recorder.internal:443')]
    half.wire.send('\x16\x03\x01\x02\x00')
    await Promise.all([silent.wire.closed, half.wire.closed])
    expect((await stage.agent.call('GET', 'https://recorder.internal/v1/a')).status).toBe(200)
  })

  it('that takes no byte of its answer holds back the upstream, not the memory', async () => {
    const chunk = Buffer.alloc(65_536, 'x')
    let written = 0
    stage.recorder.respond = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      const more = (): void => {
        while (!socket.destroyed && written < 512 * chunk.length) {
          written += chunk.length
          if (!socket.write(Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]))) {
            socket.once('drain', more)
            return
          }
        }
      }
      more()
    }
    const tunnel = await stage.agent.tunnel('recorder.internal')
    tunnel.send(requestBytes('GET', '/v1/endless', 'recorder.internal'))
    await tunnel.until(/\r\n\r\n/)
    tunnel.socket.pause()
    const settled = async (): Promise<number> => {
      for (let last = -1; last !== written;) {
        last = written
        // A cycle of other calls passes: whatever would still flow has had its time.
        for (let call = 0; call < 5; call += 1) await stage.agent.reverse('GET', '/github/nothing')
      }
      return written
    }
    expect(await settled()).toBeLessThan(24 * 1_048_576)
    tunnel.close()
    stage.recorder.respond = answerOk
  })
})

describe('a client that wants too much at once', () => {
  it('over its share of tunnels is told so; those that are open go on', async () => {
    const open = await Promise.all(Array.from({ length: 5 }, () => stage.agent.tunnel('recorder.internal')))
    expect((await stage.agent.connectTo('recorder.internal:443')).head).toMatchObject({ status: 503, code: 'overloaded' })
    expect((await open[0]?.ask(requestBytes('GET', '/v1/a', 'recorder.internal')))?.status).toBe(200)
    for (const tunnel of open) tunnel.close()
    await Promise.all(open.map((tunnel) => tunnel.closed))
  })

  it('with a header over the bound gets 431, with a target over it 414', async () => {
    expect((await stage.agent.reverse('GET', '/recorder/v1/a', { fields: [`X-A: ${'x'.repeat(20_000)}`] })).status).toBe(431)
    expect((await stage.agent.reverse('GET', `/recorder/v1/${'a'.repeat(20_000)}`)).status).toSatisfy((status: number) => status === 414 || status === 431)
  })

  it('over the bound of connections has the oldest that showed nothing make room, and nobody is judged less strictly', async () => {
    const idle = await Promise.all(Array.from({ length: 40 }, () => stage.agent.connect()))
    const late = await stage.agent.connect()
    const answer = await late.ask(requestBytes('GET', '/recorder/v1/a', 'localhost'))
    expect(answer).toMatchObject({ status: 401, code: 'identity_required' })
    await Promise.race(idle.map((wire) => wire.closed))
    late.close()
    for (const wire of idle) wire.close()
    await Promise.all(idle.map((wire) => wire.closed))
  })

  it('every refusal for want of room is on record', async () => {
    expect(await stage.world.recorded(({ code }) => code === 'overloaded')).toMatchObject({ event: 'api.denied', outcome: 'denied' })
    expect(await stage.world.recorded(({ code }) => code === 'request_timeout')).toMatchObject({ event: 'api.denied' })
  })
})
