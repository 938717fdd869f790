import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStage, type Stage } from '../support/stage.ts'

const HOST = 'recorder.internal'
let stage: Stage
beforeAll(async () => { stage = await startStage() })
afterAll(() => stage.close())

/** How the same host may be written; nothing else is equal. */
const EQUAL = [HOST, 'RECORDER.internal', 'Recorder.Internal', `${HOST}:443`]
const OTHER = [
  'api.github.com', `${HOST}.`, `${HOST}:444`, `${HOST}:80`, `${HOST}:0443`, `a.${HOST}`, 'recorder', `${HOST}@api.github.com`, `${HOST},api.github.com`, `${HOST} `.trimEnd().concat('%00'), '127.0.0.1', `${HOST}:`, '',
]

async function inTunnel(request: string, servername = HOST, target = HOST) {
  const tunnel = await stage.agent.tunnel(target, { servername })
  const answer = await tunnel.ask(request)
  tunnel.close()
  return answer
}

describe('the Host inside a tunnel', () => {
  for (const host of EQUAL) {
    it(`${host} is the tunnel’s`, async () => expect((await inTunnel(`GET /v1/a HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status).toBe(200))
  }

  for (const host of OTHER) {
    it(`${JSON.stringify(host)} is not, and nothing is sent`, async () => {
      const before = stage.reached()
      expect((await inTunnel(`GET /v1/a HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status).toSatisfy((status: number) => status === 421 || status === 400)
      expect(stage.reached()).toBe(before)
    })
  }

  it('missing, or twice, is refused', async () => {
    const before = stage.reached()
    expect((await inTunnel('GET /v1/a HTTP/1.1\r\n\r\n')).status).toBe(400)
    expect((await inTunnel(`GET /v1/a HTTP/1.1\r\nHost: ${HOST}\r\nHost: api.github.com\r\n\r\n`)).status).toBe(400)
    expect(stage.reached()).toBe(before)
  })
})

describe('the server name of the TLS in a tunnel', () => {
  for (const name of [HOST, 'RECORDER.INTERNAL', '']) {
    it(`${JSON.stringify(name)} stands for the tunnel’s host`, async () => expect((await inTunnel(`GET /v1/a HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, name)).status).toBe(200))
  }

  for (const name of ['api.github.com', 'evil.example', `a.${HOST}`]) {
    it(`${name} does not: the certificate is still the tunnel’s, and every request is refused`, async () => {
      const before = stage.reached()
      for (const host of [HOST, name]) expect(await inTunnel(`GET /v1/a HTTP/1.1\r\nHost: ${host}\r\n\r\n`, name)).toMatchObject({ status: 421, code: 'authority_mismatch' })
      expect(stage.reached()).toBe(before)
    })
  }
})

describe('the absolute form', () => {
  for (const [name, request] of [
    ['another host in Host', `GET https://${HOST}/v1/a HTTP/1.1\r\nHost: api.github.com\r\n`],
    ['another host in the target', `GET https://api.github.com/v1/a HTTP/1.1\r\nHost: ${HOST}\r\n`],
    ['another port', `GET https://${HOST}:8443/v1/a HTTP/1.1\r\nHost: ${HOST}\r\n`],
    ['another scheme, whose default port differs', `GET http://${HOST}/v1/a HTTP/1.1\r\nHost: ${HOST}:443\r\n`],
    ['a user in the target', `GET https://api.github.com@${HOST}/v1/a HTTP/1.1\r\nHost: ${HOST}\r\n`],
  ] as const) {
    it(`with ${name} is refused`, async () => {
      const before = stage.reached()
      const answer = await stage.agent.raw(`${request}Proxy-Authorization: Bearer ${await stage.world.token()}\r\n\r\n`)
      expect([400, 421]).toContain(answer.status)
      expect(stage.reached()).toBe(before)
    })

    it(`with ${name} is refused inside a tunnel, too`, async () => {
      const before = stage.reached()
      expect([400, 421]).toContain((await inTunnel(`${request}\r\n`)).status)
      expect(stage.reached()).toBe(before)
    })
  }

  it('inside a tunnel is judged as the tunnel’s where all agree', async () => {
    expect((await inTunnel(`GET https://${HOST}/v1/a HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)).status).toBe(200)
    expect(stage.recorder.requests.at(-1)?.target).toBe('/v1/a')
  })
})

describe('the CONNECT request’s own Host', () => {
  for (const host of ['api.github.com', '127.0.0.1', '']) {
    it(`${JSON.stringify(host)} changes nothing: the target rules`, async () => {
      const token = await stage.world.token()
      const wire = await stage.agent.connect()
      wire.send(`CONNECT ${HOST}:443 HTTP/1.1\r\nHost: ${host}\r\nProxy-Authorization: Bearer ${token}\r\n\r\n`)
      expect(await wire.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200 /)
      wire.close()
    })
  }
})
