import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Received } from '../../src/proxy/exchange.ts'
import { echo, startHarness, wholeAnswers, type Harness } from './harness.ts'

const LARGE = 8_000_000
/** More than the reader of a request holds, and less than is read of what nobody wants. */
const SMALL = 200_000

let harness: Harness
/** How the exchange is answered whose body stands still. */
let answer: (received: Received) => void
beforeAll(async () => {
  harness = await startHarness({
    exchange: (received) => {
      if (received.request.method === 'GET') return echo(received)
      received.client.body.once('data', () => {
        // As an upstream does that reads no further.
        received.client.body.pause()
        setTimeout(() => answer(received), 50)
      })
    },
  })
})
afterAll(() => harness.close())

const relayed = ({ client }: Received): void => {
  client.head(413, ['x-by', 'upstream'], 4)
  client.write(Buffer.from('more'))
  client.end()
}
const streamed = ({ client }: Received): void => {
  client.head(413, ['x-by', 'upstream'], undefined)
  client.write(Buffer.from('more'))
  client.end()
}
const refused = ({ client }: Received): void => client.answer(413, [], Buffer.from('more'))

/** Asks with a body of so many bytes, all of which are written before anything is read. */
function upload(bytes: number): { readonly socket: Socket; text(): string; readonly written: Promise<boolean>; readonly closed: Promise<void> } {
  const socket = connect(harness.listener.port, '127.0.0.1')
  let text = ''
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => { text += chunk.toString('latin1') })
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()))
  socket.write(`POST /github/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${bytes}\r\n\r\n`)
  const written = new Promise<boolean>((resolve) => void socket.write(Buffer.alloc(bytes, 'x'), (error) => resolve(!(error instanceof Error))))
  return { socket, text: () => text, written, closed }
}

describe('an answer that comes while the request’s body stands still', () => {
  it.each([['of an upstream', relayed], ['of an upstream, of no told length', streamed], ['of ours', refused]])('%s comes whole, and the connection of what is still sent ends', async (_, how) => {
    answer = how
    const { text, closed } = upload(LARGE)
    await closed
    expect(text()).toMatch(/^HTTP\/1\.1 413 /)
    expect(text()).toContain('more')
  })

  it.each([['of an upstream', relayed], ['of an upstream, of no told length', streamed]])('%s leaves a connection on which the body soon ends to the next request', async (_, how) => {
    answer = how
    const { socket, text, written } = upload(SMALL)
    expect(await written).toBe(true)
    await expect.poll(text).toContain('more')
    const before = text().length
    socket.write('GET /github/b HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await expect.poll(() => wholeAnswers(text().slice(before))).toBe(1)
    expect(text().slice(before)).toContain('"path":"/b"')
    socket.destroy()
  })

  it('of ours reads a body that soon ends, so that no reset costs the client the answer', async () => {
    answer = refused
    const { text, written, closed } = upload(SMALL)
    expect(await written).toBe(true)
    await closed
    expect([text().includes('more'), harness.received.at(-1)?.client.received]).toEqual([true, true])
  })
})
