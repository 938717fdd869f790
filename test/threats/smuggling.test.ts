import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { answerOk } from '../support/recorder.ts'
import { STAGE_CONSENT, startStage, type Stage } from '../support/stage.ts'

let stage: Stage
/** Stands in the bytes for the line that proves the agent, which is known later. */
const PROOF = 'PROOF'
let proof: string
beforeAll(async () => {
  stage = await startStage()
  proof = `Authorization: Bearer ${await stage.world.token({ consent: STAGE_CONSENT })}`
})
afterAll(() => stage.close())
beforeEach(() => {
  stage.recorder.requests.splice(0)
  stage.recorder.respond = answerOk
})

const HIDDEN = 'GET /v1/hidden HTTP/1.1\r\nHost: recorder.internal\r\n\r\n'
const post = (...framing: readonly string[]): string => ['POST /recorder/v1/a HTTP/1.1', 'Host: localhost', PROOF, ...framing, '', ''].join('\r\n')

describe('a request that two servers would frame in two ways', () => {
  for (const [name, bytes] of [
    ['both a length and chunks', `${post('Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n${HIDDEN}`],
    ['two lengths', `${post('Content-Length: 0', `Content-Length: ${HIDDEN.length}`)}${HIDDEN}`],
    ['a list of lengths', `${post(`Content-Length: 0, ${HIDDEN.length}`)}${HIDDEN}`],
    ['a length with a plus sign', `${post('Content-Length: +4')}abcd${HIDDEN}`],
    ['a length with leading zeros', `${post('Content-Length: 004')}abcd${HIDDEN}`],
    ['a coding before chunked', `${post('Transfer-Encoding: gzip, chunked')}0\r\n\r\n${HIDDEN}`],
    ['chunked twice', `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n${HIDDEN}`],
    ['an obscured chunked', `${post('Transfer-Encoding:\x0bchunked')}0\r\n\r\n${HIDDEN}`],
    ['a space before the colon', `${post('Content-Length : 4')}abcd${HIDDEN}`],
    ['a folded line', `${post('Transfer-Encoding:\r\n chunked')}0\r\n\r\n${HIDDEN}`],
    ['a bare LF in the header', `${post('X-A: b\nTransfer-Encoding: chunked')}0\r\n\r\n${HIDDEN}`],
    ['chunks in HTTP/1.0', `${post('Transfer-Encoding: chunked').replace('HTTP/1.1', 'HTTP/1.0')}0\r\n\r\n${HIDDEN}`],
    ['a name with an underscore', `${post('Content_Length: 4')}abcd${HIDDEN}`],
  ] as const) {
    it(`${name}: refused, the connection ends, and nothing of it is sent`, async () => {
      const wire = await stage.agent.connect()
      expect((await wire.ask(bytes.replace(PROOF, proof))).status).toBe(400)
      await wire.closed
      expect(stage.recorder.requests).toEqual([])
    })
  }

  for (const [name, chunks] of [
    ['a chunk size that is none', 'zz\r\nabc\r\n0\r\n\r\n'],
    ['a chunk longer than it says', `1\r\nabc\r\n0\r\n\r\n${HIDDEN}`],
    ['a huge chunk size', 'ffffffffffffffffff\r\na\r\n0\r\n\r\n'],
    ['bare LFs between chunks', `3\nabc\n0\n\n${HIDDEN}`],
  ] as const) {
    it(`${name}: whatever was forwarded ends there, and the connection to the upstream is not used again`, async () => {
      const wire = await stage.agent.connect()
      wire.send(post('Transfer-Encoding: chunked').replace(PROOF, proof) + chunks)
      await wire.closed
      expect(stage.recorder.requests).toEqual([])
      const before = stage.recorder.connections()
      expect((await stage.agent.reverse('GET', '/recorder/v1/after')).status).toBe(200)
      expect(stage.recorder.requests.map(({ target }) => target)).toEqual(['/v1/after'])
      expect(stage.recorder.connections()).toBeGreaterThanOrEqual(before)
    })
  }
})

describe('the framing that is sent upstream', () => {
  it('is ours: one length or chunks, whatever else the client wrote', async () => {
    const wire = await stage.agent.connect()
    await wire.ask(`${post('Transfer-Encoding: chunked', 'Trailer: X-T', 'TE: trailers', 'Connection: keep-alive', 'Keep-Alive: timeout=9')}3;ext=1\r\nabc\r\n0\r\nX-T: smuggled\r\n\r\n`.replace(PROOF, proof))
    wire.close()
    const [request] = stage.recorder.requests
    expect(request?.lines.filter((line) => /^(?:content-length|transfer-encoding):/i.test(line))).toHaveLength(1)
    expect(request?.lines.filter((line) => /^(?:trailer|te|keep-alive):/i.test(line))).toEqual([])
    expect(JSON.stringify(request)).not.toContain('smuggled')
  })

  it('two requests on one connection stay two, each judged by itself', async () => {
    const wire = await stage.agent.connect()
    wire.send(`GET /recorder/v1/one HTTP/1.1\r\nHost: localhost\r\n${proof}\r\n\r\nGET /recorder/v1/two HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    expect((await wire.answer()).status).toBe(200)
    expect(await wire.answer()).toMatchObject({ status: 401, code: 'identity_required' })
    wire.close()
    expect(stage.recorder.requests.map(({ target }) => target)).toEqual(['/v1/one'])
  })
})

describe('an answer that is framed in two ways', () => {
  for (const [name, head] of [
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 5'],
    ['a length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked'],
    ['a length that is no number', 'Content-Length: 2x'],
  ] as const) {
    it(`${name}: is not passed on, and what follows it answers nobody`, async () => {
      stage.recorder.respond = (socket) => void socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`)
      expect((await stage.agent.reverse('GET', '/recorder/v1/a')).status).toBe(502)
      stage.recorder.respond = answerOk
      expect((await stage.agent.reverse('GET', '/recorder/v1/b')).body).toBe('{"ok":true}')
    })
  }
})
