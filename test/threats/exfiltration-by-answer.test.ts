import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { answerOk } from '../support/recorder.ts'
import { startStage, type Stage } from '../support/stage.ts'
import { valuesOf } from '../support/wire.ts'

let stage: Stage
beforeAll(async () => { stage = await startStage() })
afterAll(() => stage.close())
beforeEach(() => {
  stage.recorder.requests.splice(0)
  stage.recorder.respond = answerOk
})

const answers = (head: string, body = ''): void => {
  stage.recorder.respond = (socket) => void socket.write(`HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
}

describe('a redirect', () => {
  for (const [status, where] of [[301, 'https://evil.example/steal'], [302, 'http://169.254.169.254/latest/meta-data'], [303, 'https://api.github.com/user'], [307, '/v1/other'], [308, 'https://recorder.internal/v1/b']] as const) {
    it(`${status} to ${where} is given to the agent, and followed by nobody`, async () => {
      answers(`${status} Moved\r\nLocation: ${where}`)
      const before = stage.reached()
      const answer = await stage.agent.call('GET', 'https://recorder.internal/v1/a')
      expect(answer.status).toBe(status)
      expect(valuesOf(answer, 'location')).toEqual([where])
      expect(stage.reached()).toBe(before + 1)
    })
  }

  it('of GitHub’s archives to another host: the agent gets the signed link, the credential does not go there', async () => {
    const answer = await stage.agent.call('GET', 'https://api.github.com/repos/acme-corp/backend/tarball/main')
    expect(answer.status).toBe(302)
    expect(valuesOf(answer, 'location')[0]).toMatch(/^https:\/\/codeload\.github\.com/)
    expect(stage.world.upstreams.github.log.entries.filter(({ host }) => host.startsWith('codeload'))).toEqual([])
  })
})

describe('fields of an answer that the agent must not see', () => {
  it('are gone: cookies, alternatives around the proxy, what only a proxy says, hop-by-hop ones and those that Connection names', async () => {
    const dropped = [
      'Set-Cookie: session=upstream; HttpOnly', 'set-cookie: b=c', 'Alt-Svc: h3=":443"', 'Alternate-Protocol: 443:quic', 'Proxy-Authenticate: Basic', 'Proxy-Status: x', 'Proxy-Connection: close',
      'Keep-Alive: timeout=5', 'X-Hop: internal', 'Report-To: {}', 'NEL: {}',
    ]
    answers(`200 OK\r\n${dropped.join('\r\n')}\r\nConnection: keep-alive, X-Hop\r\nX-Kept: yes\r\nX-Kept: twice`, 'ok')
    const answer = await stage.agent.call('GET', 'https://recorder.internal/v1/a')
    expect(answer).toMatchObject({ status: 200, body: 'ok' })
    const names = new Set(dropped.map((line) => line.slice(0, line.indexOf(':')).toLowerCase()))
    // Between the agent and us the connection is ours to speak of.
    expect(answer.fields.filter(([name, value]) => names.has(name) && !(name === 'keep-alive' && /^timeout=65$/.test(value)))).toEqual([])
    expect(valuesOf(answer, 'x-kept')).toEqual(['yes', 'twice'])
  })
})

describe('an upstream that does not speak plain HTTP', () => {
  for (const [name, bytes] of [
    ['switches protocols unasked', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nraw'],
    ['answers with something else', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['hides a second answer in a field', 'HTTP/1.1 200 OK\r\nX-A: b\rHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ] as const) {
    it(`and ${name}: 502, and no byte of it reaches the agent`, async () => {
      stage.recorder.respond = (socket) => void socket.write(bytes)
      expect(await stage.agent.call('GET', 'https://recorder.internal/v1/a')).toMatchObject({ status: 502, code: 'upstream_broken' })
      stage.recorder.respond = answerOk
      expect((await stage.agent.call('GET', 'https://recorder.internal/v1/a')).body).toBe('{"ok":true}')
    })
  }

  it('and breaks off in the middle: the agent sees that it is not whole', async () => {
    stage.recorder.respond = (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')
    expect(await stage.agent.call('GET', 'https://recorder.internal/v1/a')).toMatchObject({ status: 200, whole: false })
    stage.recorder.respond = (socket) => void socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n')
    expect(await stage.agent.call('GET', 'https://recorder.internal/v1/a')).toMatchObject({ status: 200, whole: false })
  })

  it('an upstream that asks for another credential gets none: its 401 and 407 are the agent’s to see, its challenge for a proxy is not', async () => {
    answers('401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nProxy-Authenticate: Basic', '{}')
    const answer = await stage.agent.call('GET', 'https://recorder.internal/v1/a')
    expect(answer.status).toBe(401)
    expect(valuesOf(answer, 'proxy-authenticate')).toEqual([])
    expect(stage.recorder.requests).toHaveLength(1)
  })
})
