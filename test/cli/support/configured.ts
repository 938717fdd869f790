import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDevelopmentKeys, DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER, type DevelopmentKeys } from '../../../src/authority/tokens/development-keys.ts'
import { signDelegationToken } from '../../../src/authority/tokens/sign-delegation-token.ts'
import { writeDemoConfig } from '../../../src/cli/demo/demo-config.ts'
import { startDemoWorld, type DemoFiles, type DemoWorld } from '../../../src/demo/demo-world.ts'
import { newId, type AgentId, type PersonId } from '../../../src/model/ids.ts'
import { root } from '../../house/source-tree.ts'
import { WIDE_CONSENT } from '../../support/postern-world.ts'
import { killAll, PosternProcess, type SpawnOptions } from './process.ts'

/** Where a configured process listens. */
export interface Ready {
  readonly process: PosternProcess
  /** `http://127.0.0.1:PORT`. */
  readonly url: string
  readonly operations: string
}

export interface Answer {
  readonly status: number
  readonly body: string
}

/** The stand-ins of the upstreams, in the test's own process; several directories may share them. */
export interface Upstreams {
  readonly world: DemoWorld & { readonly files: DemoFiles }
  close(): Promise<void>
}

export async function startUpstreams(): Promise<Upstreams> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-upstreams-'))
  const world = await startDemoWorld({ stateDirectory: directory })
  return {
    world: { ...world, files: world.files as DemoFiles },
    close: async () => {
      await world.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** A directory as an ops person has it: `postern.yaml`, `policies/`, the keys. */
export class ConfiguredDirectory {
  readonly path: string
  readonly #keys: DevelopmentKeys

  private constructor(path: string, keys: DevelopmentKeys) {
    this.path = path
    this.#keys = keys
  }

  static async make({ world }: Upstreams): Promise<ConfiguredDirectory> {
    const path = await mkdtemp(join(tmpdir(), 'postern-cli-'))
    const keys = await createDevelopmentKeys(join(path, 'identity'))
    const made = new ConfiguredDirectory(path, keys)
    await cp(join(root, 'policies'), join(path, 'policies'), { recursive: true })
    await writeDemoConfig({ directory: path, policies: join(path, 'policies'), listen: '127.0.0.1:0', world, keys })
    await made.edit('postern.yaml', (text) => `${text}operations: { address: "127.0.0.1:0", unsafe_unauthenticated: true }\n`)
    return made
  }

  file(name: string): string {
    return join(this.path, name)
  }

  async edit(name: string, change: (text: string) => string): Promise<void> {
    const before = await readFile(this.file(name), 'utf8')
    const after = change(before)
    if (after === before) throw new Error(`the edit of ${name} changes nothing`)
    await this.put(name, after)
  }

  /** As editors do: the file is never seen half written. */
  async put(name: string, text: string): Promise<void> {
    await writeFile(this.file(`${name}.new`), text)
    await rename(this.file(`${name}.new`), this.file(name))
  }

  start({ config = 'postern.yaml', ...options }: Partial<SpawnOptions> & { readonly config?: string } = {}): PosternProcess {
    return new PosternProcess(['start', '--config', config], { cwd: this.path, ...options })
  }

  async ready(process: PosternProcess = this.start()): Promise<Ready> {
    const [line] = await process.says(/^.*"postern is ready".*$/m)
    const { address, operations } = JSON.parse(line) as { readonly address: string; readonly operations: string }
    return { process, url: `http://${address}`, operations: `http://${operations}` }
  }

  token(agent = 'agent:pr-reviewer'): Promise<string> {
    const now = Date.now()
    return signDelegationToken({
      issuer: DEVELOPMENT_ISSUER, audience: DEVELOPMENT_AUDIENCE, profile: 'postern',
      agent: agent as AgentId, person: 'user:alice@acme.com' as PersonId, personName: 'Alice Chen', clientId: agent.slice('agent:'.length),
      delegation: newId('dlg'), session: newId('ses'), consent: WIDE_CONSENT, issuedAtMs: now, expiresAtMs: now + 3_600_000, certificateThumbprint: undefined,
    }, this.#keys.signingKey)
  }

  /** A GET, or a POST of this value as JSON. */
  async call(url: string, token: string, body?: unknown): Promise<Answer> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(url, body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: answer.status, body: await answer.text() }
  }

  async records(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const lines = (await readFile(this.file('audit.jsonl'), 'utf8')).split('\n')
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  async remove(): Promise<void> {
    await killAll()
    await rm(this.path, { recursive: true, force: true })
  }
}

export const PULL = '/github/repos/acme-corp/backend/pulls/42'
