import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startHarness, type Harness } from './harness.ts'

const CONNECT = 'CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n'

let harness: Harness | undefined
afterEach(() => harness?.close())

/** Sends everything at once, ends its side, and reads to the end. */
async function ask(judgedAfterMs: number, bytes: string): Promise<string> {
  harness = await startHarness({ authorizeConnect: () => new Promise((resolve) => setTimeout(() => resolve('intercept'), judgedAfterMs)) })
  const { port } = harness.listener
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk: Buffer) => { text += chunk.toString('latin1') })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
    socket.end(bytes)
  })
}

describe.each([0, 30])('a client that sends ahead and ends its side, judged after %d ms', (judgedAfterMs) => {
  it('is told why its tunnel is none', async () => {
    expect(await ask(judgedAfterMs, `${CONNECT}SSH-2.0-a\r\n`)).toMatch(/^HTTP\/1\.1 200 [^]*HTTP\/1\.1 403 [^]*tunnel_not_intercepted/)
    expect(harness?.refused.map(({ denial }) => denial.denial)).toEqual(['tunnel_not_intercepted'])
  })
})
