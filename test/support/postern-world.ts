import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { createDevelopmentKeys, DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER, type DevelopmentKeys } from '../../src/authority/tokens/development-keys.ts'
import { signDelegationToken } from '../../src/authority/tokens/sign-delegation-token.ts'
import { writeDemoConfig } from '../../src/cli/demo/demo-config.ts'
import { operationalLog } from '../../src/cli/serve/operational-log.ts'
import { serve, type ServeOptions, type Service } from '../../src/cli/serve/serve.ts'
import { loadConfig, type LoadedConfig } from '../../src/config/load-config.ts'
import { startDemoWorld, type DemoFiles, type DemoWorld } from '../../src/demo/demo-world.ts'
import { newId, type AgentId, type DelegationId, type PersonId, type SessionId } from '../../src/model/ids.ts'
import type { ConsentDetail } from '../../src/model/principal.ts'
import { root } from '../house/source-tree.ts'

/** What everybody in the tests' world approved, unless a test says otherwise. */
export const WIDE_CONSENT: readonly ConsentDetail[] = [
  { integration: 'github', scopes: ['metadata:read', 'pull_requests:write', 'contents:write', 'issues:write'], targets: ['acme-corp/*'] },
  { integration: 'slack', scopes: ['chat:write'], targets: ['*'] },
  { integration: 'tickets', scopes: ['tickets:read', 'comments:create'], targets: ['*'] },
]

export interface TokenWish {
  readonly agent?: string
  readonly person?: string
  readonly consent?: readonly ConsentDetail[]
  readonly delegation?: DelegationId
  readonly session?: SessionId
  readonly lifetimeMs?: number
  readonly thumbprint?: string
}

/** The whole product on real sockets, before stand-ins of its upstreams. */
export interface PosternWorld {
  readonly directory: string
  readonly upstreams: DemoWorld & { readonly files: DemoFiles }
  readonly service: Service
  readonly port: number
  /** Trusts the interception CA and the machine's roots. */
  readonly bundle: string
  readonly configFile: string
  readonly config: LoadedConfig
  readonly keys: DevelopmentKeys
  /** `http://127.0.0.1:PORT` of the second port. */
  readonly operationsUrl: string
  readonly operationsToken: string
  token(wish?: TokenWish): Promise<string>
  /** `http://agent:TOKEN@127.0.0.1:PORT`. */
  proxyUrl(token: string): string
  /** The host of an integration's origin. */
  host(integration: string): string
  /** `http://127.0.0.1:PORT/github`. */
  baseUrl(integration: string): string
  /** Every audit record so far, parsed; all that was posted is on disk first. */
  records(): Promise<readonly Record<string, unknown>[]>
  auditText(): Promise<string>
  /** The first record, written or to come, that matches. */
  recorded(match: (record: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>
  /** Everything that was written to the operational log, from `debug` on. */
  logText(): string
  /** Changes the configuration's file as an ops person does; what is applied then is on record. */
  editConfig(edit: (text: string) => string): Promise<void>
  close(): Promise<void>
}

export interface PosternWorldOptions extends Pick<ServeOptions, 'resolve' | 'clock' | 'timers' | 'auditIo'> {
  readonly auditMode?: 'strict' | 'relaxed'
  /** Changes the configuration's text before it is loaded; the second argument gives ports and files to refer to. */
  readonly config?: (text: string, upstreams: PosternWorld['upstreams']) => string
  /** The policy directory; the product's own by default. */
  readonly policies?: (directory: string) => Promise<string>
}

export async function startPosternWorld(options: PosternWorldOptions = {}): Promise<PosternWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-test-'))
  const world = await startDemoWorld({ stateDirectory: join(directory, 'upstreams') })
  const upstreams = { ...world, files: world.files as DemoFiles }
  const keys = await createDevelopmentKeys(join(directory, 'identity'))
  const policies = (await options.policies?.(directory)) ?? join(root, 'policies')
  const configFile = await writeDemoConfig({ directory, policies, listen: '127.0.0.1:0', world: upstreams, keys, auditMode: options.auditMode ?? 'strict' })
  const operationsToken = randomBytes(24).toString('base64url')
  await addTestSettings(directory, configFile, operationsToken)
  if (options.config !== undefined) await writeFile(configFile, options.config(await readFile(configFile, 'utf8'), upstreams))
  const logged: string[] = []
  const log = operationalLog('debug', { write: (line) => void logged.push(line) })
  const start = async (): Promise<{ service: Service; config: LoadedConfig }> => {
    const config = await loadConfig({ file: configFile })
    const { resolve, clock, timers, auditIo } = options
    const own = { ...(resolve && { resolve }), ...(clock && { clock }), ...(timers && { timers }), ...(auditIo && { auditIo }) }
    return { config, service: await serve(config, { log, stdout: new PassThrough(), watchFile: configFile, ...own }) }
  }
  const { service, config } = await start().catch(async (error: unknown) => {
    await world.close()
    throw error
  })
  const auditFile = join(directory, 'audit.jsonl')
  const auditText = async (): Promise<string> => {
    await service.audit.commit({ event: 'session.started', outcome: 'ok' })
    return readFile(auditFile, 'utf8')
  }
  return {
    directory,
    upstreams,
    service,
    port: service.port,
    bundle: join(directory, 'bundle.pem'),
    configFile,
    config,
    keys,
    operationsUrl: `http://${service.operationsAddress ?? ''}`,
    operationsToken,
    token: (wish = {}) => signDelegationToken({
      issuer: DEVELOPMENT_ISSUER,
      audience: DEVELOPMENT_AUDIENCE,
      profile: 'postern',
      agent: (wish.agent ?? 'agent:pr-reviewer') as AgentId,
      person: (wish.person ?? 'user:alice@acme.com') as PersonId,
      personName: 'Alice Chen',
      clientId: 'pr-reviewer',
      delegation: wish.delegation ?? newId('dlg'),
      session: wish.session ?? newId('ses'),
      consent: wish.consent ?? WIDE_CONSENT,
      // A token that has ended already began before.
      issuedAtMs: Date.now() + Math.min(0, (wish.lifetimeMs ?? 0) - 3_600_000),
      expiresAtMs: Date.now() + (wish.lifetimeMs ?? 3_600_000),
      certificateThumbprint: wish.thumbprint,
    }, keys.signingKey),
    proxyUrl: (token) => `http://agent:${token}@127.0.0.1:${service.port}`,
    host: (integration) => config.config.integrations.find(({ name }) => name === integration)?.origin.host ?? '',
    baseUrl: (integration) => `http://127.0.0.1:${service.port}/${integration}`,
    auditText,
    records: async () => recordsOf(await auditText()),
    recorded: async (match) => {
      const found = Promise.withResolvers<Record<string, unknown>>()
      const off = service.audit.onRecord(({ line }) => recordsOf(line.toString()).filter(match).forEach(found.resolve))
      // As it stands on disk: whatever comes later is told.
      recordsOf(await readFile(auditFile, 'utf8')).filter(match).forEach(found.resolve)
      return found.promise.finally(off)
    },
    logText: () => logged.join(''),
    editConfig: async (edit) => writeFile(configFile, edit(await readFile(configFile, 'utf8'))),
    close: async () => {
      await service.close()
      await world.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function recordsOf(text: string): readonly Record<string, unknown>[] {
  return text.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ event }) => event !== 'audit.checkpoint' && event !== 'session.started')
}

/** A second port, and an end that does not wait for streams that a test left open. */
async function addTestSettings(directory: string, configFile: string, token: string): Promise<void> {
  const file = join(directory, 'operations-token')
  await writeFile(file, token, { mode: 0o600 })
  const text = (await readFile(configFile, 'utf8')).replace(/^listener: \{ (.*) \}$/m, 'listener: { $1, limits: { drain_timeout: 500ms } }')
  await writeFile(configFile, `${text}operations: { address: "127.0.0.1:0", token: { file: ${JSON.stringify(file)} } }\n`)
}
