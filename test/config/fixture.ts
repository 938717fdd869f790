import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../src/config/load-config.ts'
import type { LoadedConfig } from '../../src/config/load-config.ts'
import { readConfigDocuments } from '../../src/config/read-config-text.ts'
import { parseYamlText } from '../../src/lib/yaml-document-parse.ts'
import { documentOf } from '../../src/lib/yaml-document.ts'
import { formatProblem, SourceError } from '../../src/lib/source-position.ts'

/** A small configuration that loads. */
export const SMALL = `
ca: { hosts: [tickets.acme.com] }
identity:
  delegation_tokens:
    issuer: https://issuer.example
    audience: https://postern.example
    jwks: { file: jwks.json }
agents:
  - id: agent:pr-reviewer
  - id: agent:deployer
integrations:
  tickets:
    type: routes
    origin: https://tickets.acme.com
    credential: { secret: { env: TICKETS_KEY } }
    routes: [{ route: "GET /v1/tickets/{id}", access: read, scopes: [tickets:read], targets: ["{id}"] }]
policies: policies
store: { key: { env: STORE_KEY } }
`

/** A folder with all that `SMALL` names; the configuration itself is written by `write`. */
export class ConfigFolder {
  readonly path: string
  env: NodeJS.ProcessEnv = { PATH: process.env['PATH'], TICKETS_KEY: 'tickets-secret', STORE_KEY: 'store-secret' }

  private constructor(path: string) {
    this.path = path
  }

  static async make(): Promise<ConfigFolder> {
    const path = await mkdtemp(join(tmpdir(), 'postern-config-'))
    await mkdir(join(path, 'policies'))
    await writeFile(join(path, 'jwks.json'), '{"keys":[]}')
    return new ConfigFolder(path)
  }

  get file(): string {
    return join(this.path, 'postern.yaml')
  }

  /** Never seen half written. */
  async write(text: string): Promise<void> {
    await writeFile(`${this.file}.new`, text)
    await rename(`${this.file}.new`, this.file)
  }

  async place(name: string, content: string | Buffer, mode = 0o600): Promise<string> {
    const file = join(this.path, name)
    await writeFile(file, content)
    await chmod(file, mode)
    return file
  }

  async load(text = SMALL): Promise<LoadedConfig> {
    await this.write(text)
    return loadConfig({ file: this.file, env: this.env, baseDirectory: this.path })
  }

  /** The problems of a configuration that must not load, as people read them, without the folder's name. */
  async problems(text: string): Promise<readonly string[]> {
    try {
      await this.load(text)
    } catch (error) {
      return told(error).map((problem) => problem.replaceAll(`${this.path}/`, ''))
    }
    return []
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true })
  }
}

/** `SMALL` with one text replaced that must be there. */
export function small(from: string, to: string): string {
  if (!SMALL.includes(from)) throw new TypeError(`not in the small configuration: ${from}`)
  return SMALL.replace(from, to)
}

/** What is wrong in the text itself, without following its references: parsed in this thread, which is quick. */
export function problemsInText(text: string): readonly string[] {
  const { documents, problems } = parseYamlText(text)
  if (problems.length > 0) return problems.map((problem) => formatProblem({ file: 'postern.yaml', ...problem }))
  try {
    return readConfigDocuments('postern.yaml', documents.map((parsed) => documentOf('postern.yaml', parsed))).problems.map(formatProblem)
  } catch (error) {
    return told(error)
  }
}

function told(error: unknown): readonly string[] {
  if (error instanceof SourceError) return error.problems.map(formatProblem)
  throw error
}
