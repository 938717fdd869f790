import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { watch, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ConfiguredDirectory, PULL, type Ready } from './support/configured.ts'
import { inConfiguredDirectory } from './support/in-configured-directory.ts'
import { postern } from './support/process.ts'

let directory: ConfiguredDirectory
inConfiguredDirectory((made) => {
  directory = made
})

interface HalfSent {
  readonly socket: Socket
  end(): Promise<string>
}

/** A call whose body is not sent to its end: it is under way for as long as the test wants. */
async function halfSent({ url }: Ready): Promise<HalfSent> {
  const body = JSON.stringify({ event: 'COMMENT', body: 'Looks right.' })
  const { port } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  const head = [
    'POST /github/repos/acme-corp/backend/pulls/42/reviews HTTP/1.1', `Host: 127.0.0.1:${port}`, `Authorization: Bearer ${await directory.token()}`,
    'User-Agent: test', 'Content-Type: application/json', `Content-Length: ${body.length}`, 'Connection: close', '', '',
  ]
  socket.write(head.join('\r\n') + body.slice(0, 5))
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return {
    socket,
    end: async () => {
      socket.write(body.slice(5))
      await once(socket, 'close')
      return text
    },
  }
}

/** Until the answer is this one: readiness turns within the process, a moment after the signal. */
async function untilReadiness(operations: string, status: number): Promise<void> {
  for (;;) if ((await fetch(`${operations}/readyz`)).status === status) return
}

const untilUnderWay = async ({ operations }: Ready): Promise<void> => {
  for (;;) if (/^postern_open_(?:exchanges|tunnels) [1-9]/m.test(await (await fetch(`${operations}/metrics`)).text())) return
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('is not ready at once, lets what is under way end, and leaves a log that verifies: exit 0', async () => {
    const ready = await directory.ready()
    await directory.call(ready.url + PULL, await directory.token())
    const under = await halfSent(ready)
    await untilUnderWay(ready)
    ready.process.signal(signal)
    await untilReadiness(ready.operations, 503)
    await expect(fetch(ready.url + PULL)).rejects.toThrow('fetch failed')
    expect(await under.end()).toMatch(/^HTTP\/1\.1 200 /)
    const { code, stderr } = await ready.process.ended
    expect(code).toBe(0)
    expect(stderr.trim().split('\n').map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['postern is ready', 'postern ends: what is under way may finish first'])
    const records = await directory.records()
    expect(records.map(({ event }) => event)).toEqual(expect.arrayContaining(['credential.issued', 'api.call', 'credential.revoked']))
    expect(records.filter(({ event }) => event === 'api.call')).toHaveLength(2)
    expect(records.at(-2)).toMatchObject({ event: 'admin.stopped' })
    const verified = await postern(['audit', 'verify', '--config', 'postern.yaml'], { cwd: directory.path })
    expect(verified).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^ok: \d+ records/) })
  })
})

it('ends at once at the second signal, and the log is still good: what had started has no end', async () => {
  const ready = await directory.ready()
  const { socket } = await halfSent(ready)
  await untilUnderWay(ready)
  ready.process.signal('SIGTERM')
  await untilReadiness(ready.operations, 503)
  ready.process.signal('SIGINT')
  expect(await ready.process.ended).toMatchObject({ code: 130, signal: null })
  socket.destroy()
  const verified = await postern(['audit', 'verify', '--config', 'postern.yaml'], { cwd: directory.path })
  expect([0, 2]).toContain(verified.code)
})

it('hears a signal while it starts, and ends in order', async () => {
  // A secret that comes from a program holds the start up for as long as the test wants.
  const wait = 'touch asked; while [ ! -e go ]; do sleep 0.02; done; cat store.key'
  await directory.edit('postern.yaml', (text) => text.replace(/key: \{ file: "[^"]*store\.key" \}/, `key: { command: [sh, -c, "${wait}"] }`))
  const process = directory.start()
  await appears(directory.file('asked'))
  process.signal('SIGTERM')
  await writeFile(directory.file('go'), '')
  expect(await process.ended).toMatchObject({ code: 0, signal: null, stdout: '' })
  expect((await directory.records()).map(({ event }) => event).filter((event) => event !== 'audit.checkpoint')).toEqual([
    'admin.started', 'policy.loaded', 'admin.stopped',
  ])
})

async function appears(file: string): Promise<void> {
  const changes = watch(dirname(file), { signal: AbortSignal.timeout(15_000) })
  if (existsSync(file)) return
  for await (const _ of changes) if (existsSync(file)) return
}
