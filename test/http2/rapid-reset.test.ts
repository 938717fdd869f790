import { constants } from 'node:http2'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import type { Principal } from '../../src/model/principal.ts'
import { Arrivals } from '../../src/proxy/admission/arrivals.ts'
import { compose } from '../../src/proxy/compose.ts'
import type { AgentUse } from '../../src/proxy/exchange.ts'
import { createPipeline } from '../../src/proxy/pipeline.ts'
import { sendRaw, startHarness, told, type Harness } from '../listener/harness.ts'
import { ask, sessionThroughTunnel } from './h2-client.ts'

const STREAMS = 300
const AT_ONCE = 100

/** Nobody is identified before the keys have come. */
const keys = Promise.withResolvers<void>()
const arrivals = new Arrivals(64, 48)
let harness: Harness
let refused = 0
let ended = 0

beforeAll(async () => {
  const pipeline = createPipeline({
    stages: compose()
      .next(arrivals.arriveStage())
      .next(arrivals.identifyStage(() => keys.promise.then(() => ({ agent: 'agent:a' }) as unknown as Principal)))
      .next({
        name: 'admit', adds: 'admission',
        run: ({ client }) => {
          client.answer(200, [], Buffer.from('served'))
          return {} as AgentUse
        },
      }),
    record: ({ code }) => {
      ended += 1
      if (code === 'overloaded') refused += 1
    },
    clock: systemClock,
    shape: ({ status }) => ({ status, headers: [], body: '' }),
    reportBroken: (error) => { throw error },
  })
  harness = await startHarness({ exchange: (received) => pipeline.exchange(received) })
})
afterAll(() => harness.close())

it('streams that are reset while keys are awaited pile up within their agent’s share, and who comes next is served', async () => {
  const session = await sessionThroughTunnel(harness, 'api.example.com:443')
  for (let opened = 0; opened < STREAMS; opened += AT_ONCE) {
    for (let n = 0; n < AT_ONCE; n += 1) {
      const stream = session.request({ ':path': '/a' })
      stream.on('error', () => undefined)
      stream.close(constants.NGHTTP2_CANCEL)
    }
    await expect.poll(() => harness.received.length, { interval: 5 }).toBe(opened + AT_ONCE)
  }
  await expect.poll(() => [arrivals.waiting, refused], { interval: 5 }).toEqual([48, STREAMS - 48])
  const other = sendRaw(harness.listener.port, 'GET /github/a HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await expect.poll(() => arrivals.waiting, { interval: 5 }).toBe(49)
  keys.resolve()
  expect(told(await other).status).toBe(200)
  // What was reset waits as any: it is over only now.
  await expect.poll(() => ended, { interval: 5 }).toBe(STREAMS + 1)
  expect([arrivals.waiting, (await ask(session, { ':path': '/b' })).body]).toEqual([0, 'served'])
  session.close()
})
