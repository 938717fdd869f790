import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { build } from './support/built.ts'
import { ConfiguredDirectory, PULL, startUpstreams, type Upstreams } from './support/configured.ts'
import { postern, STACK } from './support/process.ts'

const run = promisify(execFile)

let upstreams: Upstreams
let directory: ConfiguredDirectory
let token: string
beforeAll(async () => {
  build()
  upstreams = await startUpstreams()
}, 120_000)
afterAll(() => upstreams.close())
beforeEach(async () => {
  directory = await ConfiguredDirectory.make(upstreams)
  token = await directory.token()
})
afterEach(() => directory.remove())

/** A port of this machine on which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

it('answers 502 while an upstream is down, says why in the audit, and goes on with the others', async () => {
  const port = await freePort()
  await directory.edit('postern.yaml', (text) => text.replace(`127.0.0.1:${upstreams.world.tickets.port}`, `127.0.0.1:${port}`))
  const { process, url } = await directory.ready()
  const down = await directory.call(`${url}/tickets/v1/tickets/T-1/comments`, await directory.token('agent:issue-triage'), { text: 'Seen.' })
  expect(down).toMatchObject({ status: 502, body: expect.stringContaining('"upstream_unreachable"') })
  expect((await directory.call(url + PULL, token)).status).toBe(200)
  process.signal('SIGTERM')
  const { code, stderr } = await process.ended
  expect(code).toBe(0)
  expect(stderr).not.toMatch(STACK)
  expect(stderr).not.toContain('"stack"')
  const ends = (await directory.records()).filter(({ integration, event }) => integration === 'tickets' && String(event).startsWith('api.') && event !== 'api.started')
  expect(ends).toEqual([expect.objectContaining({ outcome: 'failed', code: 'upstream_unreachable', reason: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1.*${port}`)) })])
})

it('answers 503 while the disk is full, loses nothing that it has answered, and goes on once there is room', async () => {
  upstreams.world.github.log.clear()
  const { process, url, operations } = await directory.ready()
  expect((await directory.call(url + PULL, token)).status).toBe(200)
  // No file of the process may become larger than the log is now.
  const bound = (bytes: number | 'unlimited'): Promise<unknown> => run('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`])
  await bound(statSync(directory.file('audit.jsonl')).size + 10)
  const full = await directory.call(url + PULL, token)
  expect(full.status).toBe(503)
  expect(full.body).toContain('audit_unavailable')
  expect((await fetch(`${operations}/readyz`)).status).toBe(503)
  expect(upstreams.world.github.log.entries.filter(({ path }) => path === '/repos/acme-corp/backend/pulls/42')).toHaveLength(1)
  await bound('unlimited')
  await expect.poll(async () => (await directory.call(url + PULL, token)).status, { timeout: 15_000, interval: 200 }).toBe(200)
  expect((await fetch(`${operations}/readyz`)).status).toBe(200)
  expect(process.stderr).not.toMatch(STACK)
  process.signal('SIGTERM')
  expect((await process.ended).code).toBe(0)
  const verified = await postern(['audit', 'verify', '--config', 'postern.yaml'], { cwd: directory.path })
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ok: /) })
})
