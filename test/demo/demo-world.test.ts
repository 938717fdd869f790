import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startDemoWorld } from '../../src/demo/demo-world.ts'
import { fetchTrusting, issueToken } from '../support/standins.ts'

describe('the demo world', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-demo-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('starts three upstreams that one authority vouches for', async () => {
    const world = await startDemoWorld()
    const http = fetchTrusting(world.caPem)
    const token = await issueToken(world.github, http, { repositories: ['backend'] })
    const { accessToken, refreshToken } = world.slack.installation.bot
    const slack = await http.fetch(`${world.slack.origin}/api/auth.test`, { headers: { authorization: `Bearer ${accessToken}` } })
    const tickets = await http.fetch(`${world.tickets.origin}/v1/tickets`, { headers: { authorization: `Bearer ${world.tickets.key}` } })
    expect([await slack.json(), tickets.status, world.files]).toMatchObject([{ ok: true }, 200, undefined])
    const secrets = [token, accessToken, refreshToken, world.slack.client.secret, world.tickets.key]
    expect(world.canaries()).toEqual(expect.arrayContaining(secrets))
    expect(world.canaries()).toContain(world.github.app.privateKeyPem.trim())
    await http.close()
    await world.close()
    await expect(fetch(world.tickets.origin)).rejects.toThrow('fetch failed')
  })

  it('puts the secrets where a configuration can refer to them, readable by nobody else', async () => {
    await writeFile(join(directory, 'tickets-key'), 'of an earlier run', { mode: 0o644 })
    const world = await startDemoWorld({ stateDirectory: directory })
    const { files } = world
    if (files === undefined) throw new Error('no files')
    for (const path of Object.values(files)) expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readFile(files.ticketsKey, 'utf8')).toBe(world.tickets.key)
    expect(await readFile(files.ca, 'utf8')).toBe(world.caPem)
    expect(await readFile(files.githubAppKey, 'utf8')).toBe(world.github.app.privateKeyPem)
    expect(await readFile(files.slackRefreshToken, 'utf8')).toBe(world.slack.installation.bot.refreshToken)
    await world.close()
  })

  it('leaves nothing running where it cannot start', async () => {
    const file = join(directory, 'in-the-way')
    await writeFile(file, '')
    await expect(startDemoWorld({ stateDirectory: file })).rejects.toMatchObject({ code: 'EEXIST' })
  })
})
