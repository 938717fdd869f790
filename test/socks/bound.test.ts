import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPosternWorld, type PosternWorld } from '../support/postern-world.ts'

const PULL = '/repos/acme-corp/backend/pulls/42'
const run = promisify(execFile)

let directory: string
let tokenFile: string
let world: PosternWorld
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'postern-socks-'))
  tokenFile = join(directory, 'delegation-token')
  const bound = `bound_agent: { agent: agent:pr-reviewer, delegation_token: { file: ${JSON.stringify(tokenFile)} } }`
  world = await startPosternWorld({ auditMode: 'relaxed', config: (text) => text.replace('listener: { ', `listener: { socks: { address: "127.0.0.1:0" }, ${bound}, `) })
  await writeFile(tokenFile, await world.token(), { mode: 0o600 })
})
afterAll(async () => {
  await world.close()
  await rm(directory, { recursive: true, force: true })
})

const curl = (user: readonly string[], path: string): Promise<{ readonly stdout: string }> => run('curl', [
  '-sS', '-o', '-', '-w', '\n%{http_code}', '--socks5-hostname', `127.0.0.1:${world.service.dataPlane.listener.socks?.port}`, ...user, '--cacert', world.bundle, `https://api.github.com${path}`,
])
const called = (path: string): Promise<Record<string, unknown>> => world.recorded(({ event, http }) => event === 'api.call' && (http as { path: string }).path === path)

describe('SOCKS5 on a listener that is bound to an agent', () => {
  it('needs no password: whoever reaches it is that agent', async () => {
    const { stdout } = await curl([], PULL)
    expect(stdout).toMatch(/"number":42[^]*\n200$/)
    expect(await called(PULL)).toMatchObject({ identified_by: 'bound', agent: { id: 'agent:pr-reviewer' }, user: { id: 'user:alice@acme.com' }, outcome: 'ok' })
  })

  it('judges a password that is shown all the same, and does not fall back', async () => {
    await expect(curl(['--proxy-user', 'agent:ses_nobody.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'], `${PULL}/files`)).rejects.toThrow(/SOCKS5/)
    expect(await world.recorded(({ event, http }) => event === 'api.denied' && (http as { method: string }).method === 'CONNECT')).toMatchObject({ outcome: 'denied' })
  })
})
