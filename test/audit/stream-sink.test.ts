import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { jsonFormat, StreamSink } from '../../src/audit/stream-sink.ts'

const record = (seq: number) => ({ seq, event: 'api.call' as const, line: `{"seq":${seq}}` })

describe('records on a stream', () => {
  it('are left out beyond the bound where nobody reads, and the gap is told once somebody does', () => {
    const taken: string[] = []
    const waiting: (() => void)[] = []
    const stream = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        taken.push(chunk.toString())
        waiting.push(done)
      },
    })
    const sink = new StreamSink({ stream, format: jsonFormat, maxBufferedBytes: 30 })
    for (let seq = 1; seq <= 100; seq++) sink.write(record(seq))
    expect(stream.writableLength).toBeLessThan(50)
    const left = sink.leftOut
    expect(left).toBeGreaterThan(90)
    for (let done = waiting.shift(); done !== undefined; done = waiting.shift()) done()
    return new Promise<void>((resolve) => setImmediate(() => {
      for (let done = waiting.shift(); done !== undefined; done = waiting.shift()) done()
      sink.write(record(101))
      for (let done = waiting.shift(); done !== undefined; done = waiting.shift()) done()
      resolve()
    })).then(() => expect(taken.join('')).toContain(`{"event":"audit.stdout_gap","records":${left}}\n{"seq":101}\n`))
  })

  it('leave out what the format does not show', () => {
    const taken: string[] = []
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        taken.push(chunk.toString())
        done()
      },
    })
    const sink = new StreamSink({ stream, format: ({ seq, line }) => (seq % 2 === 0 ? line : undefined) })
    for (let seq = 1; seq <= 4; seq++) sink.write(record(seq))
    expect(taken).toEqual(['{"seq":2}\n', '{"seq":4}\n'])
  })

  it('do not end the process when the reader goes away, nor hold it up when the reader stops reading', async () => {
    const program = fileURLToPath(new URL('support/stdout-writer.ts', import.meta.url))
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'pipe'] })
    let told = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text
    })
    // Nothing is read from its standard output: it fills up and must not block; then it is closed: EPIPE.
    child.stdout.pause()
    while (!told.includes('full')) await once(child.stderr, 'data')
    child.stdout.destroy()
    const [code] = await once(child, 'exit')
    expect(told).toContain('alive after the reader went away')
    expect(code).toBe(0)
  })
})
