import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStage, type Stage } from '../support/stage.ts'

const SPELLINGS = [
  '127.0.0.1', '127.1', '2130706433', '0x7f000001', '0x7f.0.0.1', '0177.0.0.1', '017700000001', '127.0.0.1.', '127.000.000.001', '0', '0.0.0.0', '[::1]', '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]', '169.254.169.254', '0xa9fea9fe', '[fd00:ec2::254]', '127.0.0.1%00.github.com', '127.0.0.1%2egithub.com', 'api.github.com@127.0.0.1', 'api.github.com#@127.0.0.1',
]

let stage: Stage
let addresses: readonly string[][] = []
const asked: string[] = []
beforeAll(async () => {
  stage = await startStage({
    recorder: { resolved: true },
    // Whatever no integration serves would be passed through: the guard has to hold by itself.
    config: (text) => text.replace(/^listener: \{ /m, 'listener: { unmatched: tunnel, '),
    resolve: (host) => {
      asked.push(host)
      const [now = [], ...later] = addresses
      addresses = later
      return Promise.resolve(now)
    },
  })
})
afterAll(() => stage.close())

const dials = (): number => stage.recorder.connections() + stage.world.upstreams.github.log.connections + stage.world.upstreams.tickets.log.connections

describe('an address in any spelling is no host', () => {
  for (const host of SPELLINGS) {
    it(`${host}: at CONNECT and in absolute form, nothing is dialled`, async () => {
      const before = [dials(), asked.length]
      const port = stage.recorder.port
      expect((await stage.agent.connectTo(`${host}:${port}`)).head.status).toBe(400)
      expect((await stage.agent.raw(`GET http://${host}:${port}/v1/a HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`)).status).toBe(400)
      expect([dials(), asked.length]).toEqual(before)
    })
  }

  it('with a NUL in it: the connection ends with 400, and the name is asked of nobody', async () => {
    const before = [dials(), asked.length]
    expect((await stage.agent.raw('GET http://127.0.0.1\0.github.com/ HTTP/1.1\r\nHost: 127.0.0.1\0.github.com\r\n\r\n')).status).toBe(400)
    expect((await stage.agent.raw('CONNECT 127.0.0.1\0.github.com:443 HTTP/1.1\r\n\r\n')).status).toBe(400)
    expect([dials(), asked.length]).toEqual(before)
  })
})

describe('a name that is rebound', () => {
  it('is resolved once for a dial: the address that was judged is the one that is dialled', async () => {
    addresses = [['127.0.0.1'], ['10.0.0.1'], ['10.0.0.1']]
    const before = asked.length
    expect((await stage.agent.reverse('GET', '/recorder/v1/a')).status).toBe(200)
    expect(asked.length - before).toBe(1)
  })

  it('is judged anew at the next dial, with no connection to where it leads now', async () => {
    addresses = [['10.0.0.1']]
    const before = dials()
    const fresh = await stage.agentWith()
    expect((await fresh.reverse('GET', '/recorder/v1/a')).code).toBe('address_refused')
    expect(dials()).toBe(before)
  })

  it('is refused whole where one of its addresses is good and one is not', async () => {
    addresses = [['127.0.0.1', '169.254.169.254']]
    const before = dials()
    expect((await (await stage.agentWith()).reverse('GET', '/recorder/v1/a')).code).toBe('address_refused')
    expect(dials()).toBe(before)
  })

  it('also for a tunnel that is passed unread', async () => {
    addresses = [['127.0.0.1']]
    const before = dials()
    expect((await stage.agent.connectTo(`rebound.example:${stage.recorder.port}`)).head.code).toBe('address_refused')
    expect(dials()).toBe(before)
  })
})

describe('a name without an address', () => {
  it('is told as such, and no other is tried', async () => {
    addresses = [[]]
    expect((await (await stage.agentWith()).reverse('GET', '/recorder/v1/a')).code).toBe('upstream_unresolved')
  })
})
