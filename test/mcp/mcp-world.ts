import { spawn, type ChildProcess } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPostern } from '../../src/sdk/create-postern.ts'
import type { Postern } from '../../src/sdk/postern.ts'
import { root } from '../house/source-tree.ts'
import { startAuthorityWorld, type AuthorityWorld, type AuthorityWorldOptions } from '../support/authority-world.ts'
import { freePort } from '../support/redis-server.ts'

/** A product at which MCP servers are registered, each with a key of its own. */
export interface McpWorld extends AuthorityWorld {
  /** Of `agent:review-tools`. */
  readonly resource: string
  /** Of `agent:other-tools`. */
  readonly otherResource: string
  /** Of `agent:review-tools` at `resource`, by the SDK's second version. */
  readonly secondResource: string
  /** PEM of the private key of both servers' clients, each its own. */
  readonly serverKeys: Readonly<Record<'review-tools' | 'other-tools', string>>
  readonly keyFile: string
  /** The server's own way to the authority. */
  postern(server: 'review-tools' | 'other-tools'): Postern
  /** Runs the example server as it stands in the documentation. */
  run(file: 'server.ts' | 'server-v2.ts', resource: string): Promise<ChildProcess>
}

/** Configured as a server, and no agent until a test registers it. */
export const LATE_SERVER = 'late-tools'
export const LATE_RESOURCE = 'https://late.acme.com/mcp'

export async function startMcpWorld(options: AuthorityWorldOptions = {}): Promise<McpWorld> {
  const keys = { 'review-tools': keyPair(), 'other-tools': keyPair() }
  const [resource, secondResource, otherResource] = [await freeResource(), await freeResource(), await freeResource()]
  const directory = await mkdtemp(join(tmpdir(), 'postern-mcp-'))
  const keyFile = join(directory, 'review-tools.pem')
  await writeFile(keyFile, keys['review-tools'].privateKey, { mode: 0o600 })
  const servers = [[resource, 'review-tools'], [secondResource, 'review-tools'], [otherResource, 'other-tools'], [LATE_RESOURCE, LATE_SERVER]] as const
  const world = await startAuthorityWorld({
    ...options,
    config: (text) => `${text.replace(/^agents:\n/m, `agents:\n${Object.entries(keys).map(([name, { publicKey }]) =>
      `  - { id: "agent:${name}", name: ${name === 'review-tools' ? 'Review tools' : 'Other tools'}, public_key: ${JSON.stringify(publicKey)} }\n`).join('')}`)}  resource_servers:
${servers.map(([address, name]) => `    - { resource: ${JSON.stringify(address)}, agent: "agent:${name}" }\n`).join('')}`,
  })
  const running = new Set<ChildProcess>()
  return {
    ...world, resource, secondResource, otherResource, keyFile,
    serverKeys: { 'review-tools': keys['review-tools'].privateKey, 'other-tools': keys['other-tools'].privateKey },
    postern: (name) => createPostern({ authorityUrl: world.url, clientId: name, clientAuth: { method: 'private_key_jwt', key: keys[name].privateKey } }),
    async run(file, address) {
      const child = await startExample(file, { POSTERN_URL: world.url, POSTERN_KEY_FILE: keyFile, MCP_URL: address })
      running.add(child)
      return child
    },
    async close() {
      for (const child of running) child.kill('SIGKILL')
      await world.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function freeResource(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}/mcp`
}

function keyPair(): { readonly publicKey: string; readonly privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(), privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

async function startExample(file: string, env: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', join(root, 'test', 'support', 'postern-from-source.ts'), join(root, 'docs', 'examples', 'mcp-review-server', file)], {
    env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said: string[] = []
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => { said.push(chunk.toString()) })
    child.stdout.on('data', (chunk: Buffer) => { if (chunk.toString().includes('listens at')) resolve() })
    child.once('exit', (code) => { reject(new Error(`the example ended with ${code}: ${said.join('')}`)) })
  })
  return child
}
