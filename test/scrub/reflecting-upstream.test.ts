import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { root } from '../house/source-tree.ts'
import { findCanaries } from '../support/canary.ts'
import { answerOk } from '../support/recorder.ts'
import { startStage, type Stage } from '../support/stage.ts'
import { exposedSecrets } from '../support/visible.ts'
import { valuesOf } from '../support/wire.ts'
import { CAUGHT, DEFEATS } from './encodings.ts'
import { cutProblem } from './scrub-invariants.ts'

const SECRET = 'rk_p/q+r=4711_eyJhbGciOiJ.c2VjcmV0LXBhcnQ~Zz'
const BOTH_MODES = [['forward', 'https://recorder.internal/v1/a'], ['reverse', '/recorder/v1/a']] as const
let stage: Stage

beforeAll(async () => { stage = await startStage({ recorder: { secret: SECRET } }) })
afterAll(() => stage.close())
beforeEach(() => { stage.recorder.respond = answerOk })

const call = (mode: 'forward' | 'reverse', fields: readonly string[] = []) =>
  mode === 'forward' ? stage.agent.call('GET', BOTH_MODES[0][1], { fields }) : stage.agent.reverse('GET', BOTH_MODES[1][1], { fields })
const lookFor = (bytes: Buffer | string) => findCanaries([{ name: 'what the agent was sent', bytes }], [{ name: 'the credential', value: SECRET }])
const bodyIn = (head: string, body: Buffer | string): void => {
  stage.recorder.respond = (socket) => void socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`), Buffer.from(body)]))
}

describe('an upstream that sends back what it was sent', () => {
  it('was sent the credential, as the oracle sees', async () => {
    await call('forward')
    expect(lookFor(stage.recorder.received.join(''))).not.toEqual([])
  })

  for (const [mode] of BOTH_MODES) {
    it(`in a body and in fields, in each of ${CAUGHT.length} encodings: ${mode} mode gives asterisks, and every length is true`, async () => {
      for (const { name, encode } of CAUGHT) {
        const body = Buffer.concat([Buffer.from('before '), Buffer.from(encode(SECRET)), Buffer.from(' after')])
        // What has line ends or bytes beyond ASCII, no field can hold.
        const value = /[^\x20-\x7e]/.test(body.toString('latin1')) ? undefined : encode(SECRET).toString('latin1')
        bodyIn(value === undefined ? '' : `X-Echo: a ${value} b\r\nLocation: /v1/b?c=${value.replaceAll(' ', '')}\r\n`, body)
        const answer = await call(mode)
        expect([name, answer.status, answer.whole, lookFor(answer.body), lookFor(JSON.stringify(answer.fields))]).toEqual([name, 200, true, [], []])
        expect(answer.body).toMatch(/^before .*\*{4}.* after$/s)
        expect(valuesOf(answer, 'content-length')).toEqual([String(body.length)])
        expect(valuesOf(answer, 'x-echo')).toEqual(value === undefined ? [] : [expect.stringMatching(/^a .*\*{4}.* b$/)])
      }
    })
  }

  it('in pieces of chunks, in trailers and in an early answer: no eight bytes of it arrive', async () => {
    stage.recorder.respond = (socket) => {
      const chunks = [...SECRET].map((character) => `1\r\n${character}\r\n`).join('')
      socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </${SECRET}>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\n> \r\n${chunks}0\r\nX-Sum: ${SECRET}\r\n\r\n`)
    }
    const answer = await call('forward', ['TE: trailers'])
    expect(cutProblem(8, Buffer.from(`> ${SECRET}`), Buffer.from(`> ${'*'.repeat(SECRET.length)}`), Buffer.from(answer.body))).toBeUndefined()
    expect(answer.body.length).toBe(2 + SECRET.length)
    expect(lookFor(Buffer.concat(stage.agent.seen))).toEqual([])
  })

  it('in an error, and with a status that says so', async () => {
    stage.recorder.respond = (socket) => void socket.write(`HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error_description="${SECRET} is not valid"\r\nContent-Length: ${SECRET.length + 8}\r\n\r\n"bad: ${SECRET}"\n`)
    const answer = await call('forward')
    expect([answer.status, answer.body.trim()]).toEqual([401, `"bad: ${'*'.repeat(SECRET.length)}"`])
    expect(lookFor(JSON.stringify(answer.fields))).toEqual([])
  })

  it('is asked for an answer without codings, whatever the agent would accept', async () => {
    stage.recorder.requests.splice(0)
    await call('forward', ['Accept-Encoding: gzip, br', 'Grpc-Accept-Encoding: gzip'])
    expect(stage.recorder.requests[0]?.lines.filter((line) => /accept-encoding/i.test(line)).map((line) => line.toLowerCase())).toEqual(['accept-encoding: identity'])
  })

  for (const [coding, bytes] of [['gzip', gzipSync(`a ${SECRET} b`)], ['br', brotliCompressSync(`a ${SECRET} b`)]] as const) {
    it(`in a body that is coded nevertheless (${coding}): it is decoded and scrubbed`, async () => {
      bodyIn(`Content-Encoding: ${coding}\r\nETag: "1"\r\n`, bytes)
      const answer = await call('forward')
      expect(answer).toMatchObject({ status: 200, whole: true, body: `a ${'*'.repeat(SECRET.length)} b` })
      expect(answer.fields.map(([name]) => name)).not.toContain('content-encoding')
    })
  }

  it('in a coding that nobody knows: 502, and nothing of it arrives', async () => {
    bodyIn('Content-Encoding: x-secret\r\n', SECRET)
    expect(await call('forward')).toMatchObject({ status: 502, code: 'upstream_broken' })
    expect((await calls()).at(-1)).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('has a coding that is not known') })
  })

  it('is told of in the audit and in the metrics, by how often and without what', async () => {
    bodyIn(`X-Echo: ${SECRET}\r\n`, `${SECRET} ${SECRET}`)
    const before = await scrubbedMetric()
    await call('forward')
    expect((await calls()).at(-1)).toMatchObject({ outcome: 'ok', http: { status: 200, scrubbed: 3 } })
    stage.recorder.respond = answerOk
    await call('forward')
    expect((await calls()).at(-1)?.['http']).not.toHaveProperty('scrubbed')
    expect(await scrubbedMetric()).toBe(before + 1)
    expect(await exposedSecrets(stage.world, [stage.agent], SECRET)).toEqual([])
  })
})

describe('an event stream', () => {
  it('gives each event before the next one is sent, also where the secret stands in one', async () => {
    const sent: ((event: string) => void)[] = []
    stage.recorder.respond = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
      sent.push((event) => void socket.write(`${event.length.toString(16)}\r\n${event}\r\n`))
    }
    const wire = await stage.agent.tunnel('recorder.internal')
    wire.send('GET /v1/a HTTP/1.1\r\nHost: recorder.internal\r\n\r\n')
    await wire.until(/\r\n\r\n/)
    const begun = `data: {"a":"${SECRET.slice(0, 20)}"}\n\n`
    for (const [event, seen] of [['data: one\n\n', 'data: one\n\n'], [`data: ${SECRET}\n\n`, `data: ${'*'.repeat(SECRET.length)}\n\n`], [begun, begun], ['data: two\n\n', 'data: two\n\n']]) {
      sent[0]?.(event ?? '')
      // Nothing else is on its way: this comes now, or the test ends here.
      expect(await wire.until(/data: [^\n]*\n\n/)).toContain(seen)
    }
    wire.close()
  })

  it('gives a piece of an event at once, in whatever byte it ends', async () => {
    const sent: Socket[] = []
    stage.recorder.respond = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
      sent.push(socket)
    }
    const wire = await stage.agent.tunnel('recorder.internal')
    wire.send('GET /v1/a HTTP/1.1\r\nHost: recorder.internal\r\n\r\n')
    await wire.until(/\r\n\r\n/)
    for (const end of [...Array.from({ length: 94 }, (_, at) => String.fromCharCode(0x21 + at)), SECRET.slice(0, 7), Buffer.from(SECRET).toString('base64').slice(0, 7), '&#114;p']) {
      sent[0]?.write(`${(end.length + 7).toString(16)}\r\ndata: ,${end}\r\n`)
      // Nothing else is on its way: this comes now, or the test ends here.
      expect(await wire.until(/data: ,[^]+\r\n/)).toContain(`data: ,${end}\r\n`)
    }
    wire.close()
  })
})

describe('the published list', () => {
  const page = readFileSync(join(root, 'docs/security.md'), 'utf8')
  const listed = (heading: string): string[] => {
    const section = page.slice(page.indexOf(heading)).split(/\n#+ /)[0] ?? ''
    return [...section.matchAll(/^\| ([^|]+?) \| /gm)].map((row) => row[1] ?? '').filter((name) => !['---', 'encoding'].includes(name))
  }

  it('names what is caught and what passes, and nothing else', () => {
    expect(listed('### What it catches')).toEqual(CAUGHT.map(({ name }) => name))
    expect(listed('### What passes')).toEqual(DEFEATS.map(({ name }) => name))
  })

  it('is true through the product: each of what passes does', async () => {
    for (const { name, encode } of DEFEATS) {
      const bytes = Buffer.from(encode(SECRET))
      bodyIn('Content-Type: application/octet-stream\r\n', bytes)
      const answer = await call('forward')
      expect([name, answer.status, answer.body]).toEqual([name, 200, bytes.toString('utf8')])
    }
  })
})

async function calls(): Promise<readonly Record<string, unknown>[]> {
  return (await stage.world.records()).filter(({ event }) => event === 'api.call')
}

async function scrubbedMetric(): Promise<number> {
  const response = await fetch(`${stage.world.operationsUrl}/metrics`, { headers: { authorization: `Bearer ${stage.world.operationsToken}` } })
  return Number(/postern_answers_scrubbed_total\{integration="recorder"\} ([0-9]+)/.exec(await response.text())?.[1] ?? 0)
}
