import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import type { AnswerHandler, UpstreamCall } from '../../src/egress/upstream.ts'
import { ScrubbedAnswer } from '../../src/proxy/forward/scrubbed-answer.ts'
import { cutProblem, keptBack } from './scrub-invariants.ts'
import { scrubberFor } from './scrubbing.ts'

const SECRET = 'ghs_16C7e42F292c6912E7710c838347Ae178B4a'
const STARS = '*'.repeat(SECRET.length)
const BODY = `{"token":"${SECRET}","and":"${'some more text. '.repeat(200)}"}`
const SHOWN = BODY.replace(SECRET, STARS)

describe('an answer to a request that had a credential on it', () => {
  it('has it in none of its parts', () => {
    const { answer, told, scrubber } = reading()
    answer.onInterim(103, ['Link', `</${SECRET}>`])
    answer.onHead(200, ['Content-Length', '80', 'X-Echo', `Bearer ${SECRET}`])
    answer.onData(Buffer.from(SECRET.slice(0, 20)))
    answer.onData(Buffer.from(`${SECRET.slice(20)} ${SECRET.slice(0, 9)}`))
    answer.onEnd(['X-Sum', SECRET])
    expect(told).toEqual([
      `interim 103 Link </${STARS}>`, `head 200 Content-Length 80 X-Echo Bearer ${STARS}`, `data ${STARS} `, `data ${SECRET.slice(0, 9)}`, `end X-Sum ${STARS}`,
    ])
    expect(scrubber.hits).toBe(4)
  })

  it('passes its events as they come where nothing is in them', () => {
    const { answer, told, call } = reading()
    answer.onHead(200, ['Content-Type', 'text/event-stream'])
    answer.onData(Buffer.from('data: one\n\n'))
    expect(told.at(-1)).toBe('data data: one\n\n')
    answer.pause()
    answer.resume()
    answer.onError(new Error('broken'))
    expect(told.at(-1)).toBe('error broken')
    expect(call.told).toEqual(['pause', 'resume'])
  })
})

const CODED: readonly (readonly [coding: string, bytes: Buffer])[] = [
  ['gzip', gzipSync(BODY)],
  ['X-GZIP', gzipSync(BODY)],
  ['deflate', deflateSync(BODY)],
  ['deflate', deflateRawSync(BODY)],
  ['br', brotliCompressSync(BODY)],
  ['zstd', zstdCompressSync(BODY)],
  ['gzip, identity, br', brotliCompressSync(gzipSync(BODY))],
]

describe('a body that comes coded', () => {
  for (const [at, [coding, bytes]] of CODED.entries()) {
    it(`is passed on decoded and scrubbed: ${coding} (${at})`, async () => {
      const { answer, told, over } = reading()
      answer.onHead(200, ['Content-Encoding', coding, 'Content-Length', String(bytes.length), 'ETag', '"1"', 'Accept-Ranges', 'bytes', 'X-Kept', 'yes'])
      for (const byte of bytes) answer.onData(Buffer.from([byte]))
      answer.onEnd(['X-Sum', '1'])
      await over()
      expect(told[0]).toBe('head 200 X-Kept yes')
      // Byte by byte, so that what is decoded comes in pieces too.
      expect(cutProblem(keptBack(SECRET), Buffer.from(BODY), Buffer.from(SHOWN), Buffer.from(bodyOf(told)))).toBeUndefined()
      expect([bodyOf(told).length, told.at(-1)]).toEqual([SHOWN.length, 'end X-Sum 1'])
    })

    it(`is an error where it ends early, and none of what is missing is told: ${coding} (${at})`, async () => {
      const { answer, told, over } = reading()
      answer.onHead(200, ['Content-Encoding', coding])
      answer.onData(bytes.subarray(0, bytes.length - 12))
      answer.onEnd([])
      await over()
      expect(told.at(-1)).toBe('error the answer’s coding is broken')
      expect(SHOWN.startsWith(bodyOf(told))).toBe(true)
    })
  }

  it('has no end but the upstream’s where it is empty, as the answer to HEAD is', () => {
    const { answer, told } = reading()
    answer.onHead(200, ['Content-Encoding', 'gzip', 'Content-Length', '123'])
    answer.onEnd([])
    expect(told).toEqual(['head 200', 'end'])
  })

  for (const [fields, why] of [
    [['Content-Encoding', 'compress'], 'the answer has a coding that is not known, and is not passed unscrubbed'],
    [['Content-Encoding', 'toString'], 'the answer has a coding that is not known, and is not passed unscrubbed'],
    [['Content-Encoding', 'gzip', 'content-encoding', 'gzip, br'], 'the answer is coded more than 2 times over, and is not passed unscrubbed'],
    [['Grpc-Encoding', 'gzip'], 'the answer’s messages are coded, and are not passed unscrubbed'],
    [['connect-content-encoding', 'br'], 'the answer’s messages are coded, and are not passed unscrubbed'],
  ] as const) {
    it(`is refused where it cannot be looked into: ${fields.join(' ')}`, () => {
      const { answer, told } = reading()
      expect(() => answer.onHead(200, fields)).toThrow(why)
      expect(told).toEqual([])
    })
  }

  it('is refused where it is a part of one', () => {
    const { answer } = reading()
    expect(() => answer.onHead(206, ['Content-Encoding', 'gzip', 'Content-Range', 'bytes 0-9/100'])).toThrow('the answer is a part of a coded one, and is not passed unscrubbed')
    expect(() => answer.onHead(206, ['Content-Encoding', 'identity', 'Content-Range', 'bytes 0-9/100'])).not.toThrow()
  })

  it('is broken off where it is a bomb, long before it is unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(16 * 1_048_576))
    const { answer, told, call, over } = reading()
    answer.onHead(200, ['Content-Encoding', 'gzip'])
    answer.onData(bomb)
    await over()
    expect(told.at(-1)).toBe('error the answer unpacks to far more than was sent')
    expect(call.told).toContain('abort')
    expect(told.length).toBeLessThanOrEqual(2 + (bomb.length * 200) / 16_384)
  })

  it('is decoded no further than it is read, and the upstream feels it', async () => {
    const text = Buffer.from(Array.from({ length: 80_000 }, (_, at) => `${(at * 7_919) % 100_003} `).join(''))
    const bytes = gzipSync(text, { level: 1 })
    const { answer, told, call, over } = reading()
    answer.onHead(200, ['Content-Encoding', 'gzip'])
    answer.onData(bytes.subarray(0, 1_000))
    answer.pause()
    answer.onData(bytes.subarray(1_000, 100_000))
    expect(call.told).toEqual(['pause'])
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(bodyOf(told)).toBe('')
    answer.resume()
    await until(() => call.told.at(-1) === 'resume')
    answer.onData(bytes.subarray(100_000))
    answer.onEnd([])
    await over()
    expect(told.at(-1)).toBe('end')
    expect(bodyOf(told)).toBe(text.toString())
  })

  it('ends with its reader: aborted after the upstream’s end, and where the reader throws', async () => {
    const aborted = reading()
    aborted.answer.onHead(200, ['Content-Encoding', 'gzip'])
    aborted.answer.onData(gzipSync(BODY))
    aborted.answer.onEnd([])
    aborted.answer.abort(new Error('the client left'))
    expect(aborted.told).toEqual(['head 200', 'error the client left'])

    const throwing = reading((event) => { if (event.startsWith('data')) throw new Error('a filter refused it') })
    throwing.answer.onHead(200, ['Content-Encoding', 'gzip'])
    throwing.answer.onData(gzipSync(BODY))
    await throwing.over()
    expect(throwing.call.told).toContain('abort')
    expect(throwing.told.at(-1)).toBe('error a filter refused it')

    const atTheEnd = reading((event) => { if (event === 'end') throw new Error('a filter refused it') })
    atTheEnd.answer.onHead(200, ['Content-Encoding', 'gzip'])
    atTheEnd.answer.onData(gzipSync(BODY))
    atTheEnd.answer.onEnd([])
    await until(() => atTheEnd.told.at(-1)?.startsWith('error') === true)
    expect(atTheEnd.told.at(-1)).toBe('error a filter refused it')
  })

  it('tells nothing more once the upstream broke', async () => {
    const { answer, told } = reading()
    answer.onHead(200, ['Content-Encoding', 'gzip'])
    answer.onData(gzipSync(BODY))
    answer.onError(new Error('reset'))
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(told).toEqual(['head 200', 'error reset'])
  })
})

function until(holds: () => boolean): Promise<void> {
  return vi.waitFor(() => { if (!holds()) throw new Error('it did not come to it') }, { timeout: 5_000, interval: 2 })
}

interface RecordedCall extends UpstreamCall {
  readonly told: string[]
}

/** An answer that is read by a recorder, and a call that does as the port says. */
function reading(onEvent: (event: string) => void = () => undefined) {
  const told: string[] = []
  const note = (event: string): void => {
    told.push(event)
    onEvent(event)
  }
  const inner: AnswerHandler = {
    onCall: () => undefined,
    onBodySent: () => undefined,
    onInterim: (status, fields) => note(['interim', status, ...fields].join(' ')),
    onHead: (status, fields) => note(['head', status, ...fields].join(' ')),
    onData: (chunk) => note(`data ${chunk.toString('latin1')}`),
    onEnd: (trailers) => note(['end', ...trailers].join(' ')),
    onError: (error) => note(`error ${error.message}`),
  }
  const scrubber = scrubberFor(SECRET)
  const answer = new ScrubbedAnswer(inner, scrubber)
  const call: RecordedCall = {
    told: [],
    pause: () => void call.told.push('pause'),
    resume: () => void call.told.push('resume'),
    abort: (error) => {
      if (!call.told.includes('abort')) answer.onError(error)
      call.told.push('abort')
    },
  }
  answer.onCall(call)
  return { answer, told, call, scrubber, over: () => until(() => /^(end|error)/.test(told.at(-1) ?? '')) }
}

function bodyOf(told: readonly string[]): string {
  return told.filter((event) => event.startsWith('data ')).map((event) => event.slice(5)).join('')
}
