import { gzipSync, brotliCompressSync, deflateSync } from 'node:zlib'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findCanaries } from '../support/canary.ts'
import type { RecordedRequest } from '../support/recorder.ts'
import { startStage, type Stage } from '../support/stage.ts'

let stage: Stage
beforeAll(async () => { stage = await startStage({ auditMode: 'relaxed' }) })
afterAll(() => stage.close())

/** The credential in an upstream's hands, as it may write it back. */
const SPELLINGS: readonly (readonly [string, (secret: string) => string | Buffer])[] = [
  ['as it is', (secret) => secret],
  ['as the field it came in', (secret) => `Authorization: Bearer ${secret}`],
  ['base64', (secret) => Buffer.from(secret).toString('base64')],
  ['base64, one byte before it', (secret) => Buffer.from(`a${secret}`).toString('base64')],
  ['base64, two bytes before it', (secret) => Buffer.from(`ab${secret}`).toString('base64')],
  ['base64url', (secret) => Buffer.from(`:${secret}`).toString('base64url')],
  ['hex', (secret) => Buffer.from(secret).toString('hex')],
  ['HEX', (secret) => Buffer.from(secret).toString('hex').toUpperCase()],
  ['percent escapes', (secret) => [...Buffer.from(secret)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')],
  ['\\u escapes', (secret) => [...secret].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')],
  ['gzip', (secret) => gzipSync(`{"you":"${secret}"}`)],
  ['brotli', (secret) => brotliCompressSync(`{"you":"${secret}"}`)],
  ['deflate', (secret) => deflateSync(`{"you":"${secret}"}`)],
]

/** Where in an answer it may stand. */
const PLACES: readonly (readonly [string, (socket: Socket, text: Buffer, coding: string | undefined) => void])[] = [
  ['a body with a length', (socket, text, coding) => {
    socket.write(`HTTP/1.1 200 OK\r\n${codingLine(coding)}Content-Length: ${text.length}\r\n\r\n`)
    socket.write(text)
  }],
  ['a body in chunks of a byte', (socket, text, coding) => {
    const chunks = Buffer.concat([...text].flatMap((byte) => [Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]))
    socket.write(`HTTP/1.1 200 OK\r\n${codingLine(coding)}Transfer-Encoding: chunked\r\n\r\n`)
    socket.write(Buffer.concat([chunks, Buffer.from('0\r\n\r\n')]))
  }],
  ['an error’s body', (socket, text, coding) => {
    socket.write(`HTTP/1.1 500 No\r\n${codingLine(coding)}Content-Length: ${text.length}\r\n\r\n`)
    socket.write(text)
  }],
  ['a field', (socket, text) => void socket.write(`HTTP/1.1 200 OK\r\nX-Debug: ${text.toString('latin1')}\r\nContent-Length: 2\r\n\r\nok`)],
  ['Location', (socket, text) => void socket.write(`HTTP/1.1 302 Found\r\nLocation: https://evil.example/?t=${text.toString('latin1')}\r\nContent-Length: 0\r\n\r\n`)],
  ['WWW-Authenticate', (socket, text) => void socket.write(`HTTP/1.1 403 No\r\nWWW-Authenticate: Bearer error="${text.toString('latin1')}"\r\nContent-Length: 0\r\n\r\n`)],
  ['a trailer', (socket, text) => void socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Debug\r\n\r\n2\r\nok\r\n0\r\nX-Debug: ${text.toString('latin1')}\r\n\r\n`)],
]

function codingLine(coding: string | undefined): string {
  return coding === undefined ? '' : `Content-Encoding: ${coding}\r\n`
}

const CODINGS: Readonly<Record<string, string>> = { gzip: 'gzip', brotli: 'br', deflate: 'deflate' }

describe('an upstream that sends the credential back', () => {
  for (const [spelling, spell] of SPELLINGS) {
    const coding = CODINGS[spelling]
    for (const [place, write] of PLACES) {
      if (coding !== undefined && !place.includes('body')) continue
      it(`${spelling}, in ${place}: the agent does not get it`, async () => {
        stage.recorder.respond = (socket: Socket, request: RecordedRequest) => write(socket, Buffer.from(spell(secretOf(request))), coding)
        for (const ask of [() => stage.agent.reverse('GET', '/recorder/v1/mirror'), () => stage.agent.call('GET', 'https://recorder.internal/v1/mirror')]) {
          const from = stage.agent.seen.length
          const answer = await ask()
          const places = [{ name: 'the agent', bytes: Buffer.concat(stage.agent.seen.slice(from)) }, { name: 'the answer’s body', bytes: answer.body }]
          expect(findCanaries(places, [{ name: 'the credential', value: stage.recorder.secret }])).toEqual([])
          expect(answer.status).toBeGreaterThan(0)
        }
      })
    }
  }
})

/** The secret as it arrived: an upstream knows nothing else. */
function secretOf({ lines }: RecordedRequest): string {
  return lines.find((line) => /^authorization:/i.test(line))?.split(' ').at(-1) ?? ''
}
