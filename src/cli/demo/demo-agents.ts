import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER, type DevelopmentKeys } from '../../authority/tokens/development-keys.ts'
import { signDelegationToken } from '../../authority/tokens/sign-delegation-token.ts'
import { newId, type AgentId, type PersonId } from '../../model/ids.ts'
import type { ConsentDetail } from '../../model/principal.ts'
import { shellWord } from './shell-word.ts'

const TOKEN_LIFETIME_MS = 8 * 3_600_000

/** What Alice approved for the demo's reviewer: more than the agent's own permissions in places, so that each layer can be seen to refuse. */
const REVIEWER_CONSENT: readonly ConsentDetail[] = [
  { integration: 'github', scopes: ['metadata:read', 'pull_requests:write', 'contents:write', 'issues:write'], targets: ['acme-corp/*'] },
  { integration: 'slack', scopes: ['chat:write'], targets: ['*'] },
  { integration: 'tickets', scopes: ['tickets:read', 'comments:create'], targets: ['*'] },
]

/** The demo's delegation token, and the files that a shell can use it from. */
export interface DemoAgent {
  readonly token: string
  readonly tokenFile: string
  /** One header line, for `curl -H @file`. */
  readonly headerFile: string
  /** Sourced by a shell, it sends what that shell starts through the proxy, and has it trust the proxy's certificates. */
  readonly environmentFile: string
}

/** Signs a delegation token of Alice's for the reviewer and puts it into files. */
export async function writeDemoAgent(directory: string, keys: DevelopmentKeys, nowMs: number): Promise<DemoAgent> {
  const token = await signDelegationToken({
    issuer: DEVELOPMENT_ISSUER,
    audience: DEVELOPMENT_AUDIENCE,
    profile: 'postern',
    agent: 'agent:pr-reviewer' as AgentId,
    person: 'user:alice@acme.com' as PersonId,
    personName: 'Alice Chen',
    clientId: 'pr-reviewer',
    delegation: newId('dlg'),
    session: newId('ses'),
    consent: REVIEWER_CONSENT,
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + TOKEN_LIFETIME_MS,
  }, keys.signingKey)
  const tokenFile = join(directory, 'pr-reviewer.token')
  const headerFile = join(directory, 'pr-reviewer.header')
  const environmentFile = join(directory, 'pr-reviewer.env')
  await writeFile(tokenFile, token, { mode: 0o600 })
  await writeFile(headerFile, `Authorization: Bearer ${token}\n`, { mode: 0o600 })
  return { token, tokenFile, headerFile, environmentFile }
}

/** Every common client finds the proxy and the trust bundle by one of these names. */
const TRUST_NAMES = ['SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'GIT_SSL_CAINFO', 'NODE_EXTRA_CA_CERTS']

/** Written once the proxy's address is known. */
export async function writeDemoEnvironment(agent: DemoAgent, address: string, bundle: string): Promise<void> {
  const lines = [
    `export HTTPS_PROXY="http://agent:$(cat ${shellWord(agent.tokenFile)})@${address}"`,
    `export NODE_USE_ENV_PROXY=1 ${TRUST_NAMES.map((name) => `${name}=${shellWord(bundle)}`).join(' ')}`,
  ]
  await writeFile(agent.environmentFile, `${lines.join('\n')}\n`, { mode: 0o600 })
}
