import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { createDevelopmentKeys, DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER, type DevelopmentKeys } from '../../src/authority/tokens/development-keys.ts'
import { signDelegationToken } from '../../src/authority/tokens/sign-delegation-token.ts'
import { writeDemoConfig } from '../../src/cli/demo/demo-config.ts'
import { operationalLog } from '../../src/cli/serve/operational-log.ts'
import { serve, type Service } from '../../src/cli/serve/serve.ts'
import { loadConfig } from '../../src/config/load-config.ts'
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
  readonly keys: DevelopmentKeys
  token(wish?: TokenWish): Promise<string>
  /** `http://agent:TOKEN@127.0.0.1:PORT`. */
  proxyUrl(token: string): string
  /** `http://127.0.0.1:PORT/github`. */
  baseUrl(integration: string): string
  /** Every audit record so far, parsed; all that was posted is on disk first. */
  records(): Promise<readonly Record<string, unknown>[]>
  auditText(): Promise<string>
  close(): Promise<void>
}

export interface PosternWorldOptions {
  readonly auditMode?: 'strict' | 'relaxed'
  /** Changes the configuration's text before it is loaded. */
  readonly config?: (text: string) => string
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
  if (options.config !== undefined) await writeFile(configFile, options.config(await readFile(configFile, 'utf8')))
  const service = await serve(await loadConfig({ file: configFile }), { log: operationalLog('error'), stdout: new PassThrough(), watchFile: configFile }).catch(async (error: unknown) => {
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
    keys,
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
      issuedAtMs: Date.now(),
      expiresAtMs: Date.now() + (wish.lifetimeMs ?? 3_600_000),
      certificateThumbprint: wish.thumbprint,
    }, keys.signingKey),
    proxyUrl: (token) => `http://agent:${token}@127.0.0.1:${service.port}`,
    baseUrl: (integration) => `http://127.0.0.1:${service.port}/${integration}`,
    auditText,
    records: async () => (await auditText()).trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ event }) => event !== 'audit.checkpoint' && event !== 'session.started'),
    close: async () => {
      await service.close()
      await world.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
