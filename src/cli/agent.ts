import { basename, dirname, join } from 'node:path'
import type { Writable } from 'node:stream'
import { Command, InvalidArgumentError } from 'commander'
import { createDevelopmentKeys, DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER } from '../authority/tokens/development-keys.ts'
import { signDelegationToken } from '../authority/tokens/sign-delegation-token.ts'
import type { DelegationTokenClaims } from '../authority/tokens/sign-delegation-token.ts'
import { readConfigText } from '../config/read-config-text.ts'
import type { ConfigText } from '../config/schema/config-schema.ts'
import type { Clock } from '../lib/clock.ts'
import { parseDuration } from '../lib/duration.ts'
import { formatProblem, SourceError } from '../lib/source-position.ts'
import { newId, parseAgentId, parseId, parsePersonId } from '../model/ids.ts'
import type { AgentId, DelegationId, PersonId, SessionId } from '../model/ids.ts'
import type { ApiDeps } from './api/api-deps.ts'
import { addAgentCommands } from './registered-agents.ts'

/** What the agent commands need of the process. */
export interface AgentCommandDeps {
  readonly stdout: Writable
  readonly stderr: Writable
  readonly clock: Clock
  /** Of the commands that ask the authority. */
  readonly api: ApiDeps
  /** The configuration file, where the command names none; undefined where there is none. */
  defaultConfig(): string | undefined
  setExitCode(code: number): void
}

interface TokenOptions {
  readonly agent: AgentId
  readonly for: PersonId
  readonly name?: string
  readonly integration: string
  readonly scope: readonly string[]
  readonly target: readonly string[]
  readonly ttl?: number
  readonly delegation?: DelegationId
  readonly session?: SessionId
  readonly thumbprint?: string
  readonly config?: string
  readonly issuer?: string
  readonly audience?: string
  readonly state?: string
  readonly key?: string
}

type Issuer = Pick<DelegationTokenClaims, 'issuer' | 'audience' | 'profile'>

/** EX_CONFIG of sysexits.h: what was asked for cannot be read or loaded. */
const EXIT_CONFIG = 78
const LONGEST_MS = 86_400_000
const DEFAULT_MS = 3_600_000
const ID_REST = 'letters, digits, `_` or `-`'

/** `postern agent`: the agents that the authority knows, and what a developer needs without one. */
export function agentCommand(deps: AgentCommandDeps): Command {
  const command = new Command('agent').description('register, revoke and restore agents; make what one needs for development')
  addAgentCommands(command, deps.api)
  const token = command.command('token')
    .description('print a delegation token, signed with a key of this machine')
  addSubject(token)
  addSigning(token)
  token.action((options: TokenOptions) => printToken(options, deps))
  return command
}

function addSubject(token: Command): void {
  token
    .requiredOption('--agent <id>', 'which agent: agent:pr-reviewer', one(parseAgentId, 'an agent id is `agent:` and a name in lower case'))
    .requiredOption('--for <id>', 'for whom: user:alice@acme.com', one(parsePersonId, 'a person’s id is `user:` and a name without spaces'))
    .option('--name <text>', 'the person’s name, for the audit', printable)
    .requiredOption('--integration <name>', 'at which integration, as the configuration names it', integrationName)
    .requiredOption('--scope <scopes...>', 'what may be done, in the upstream’s words: pulls:read', word)
    .requiredOption('--target <globs...>', 'where: acme-corp/*', listed(printable))
    .option('--delegation <id>', 'dlg_…; default: a new one', one((text) => parseId('dlg', text), `a delegation id is \`dlg_\` and ${ID_REST}`))
    .option('--session <id>', 'ses_…; default: a new one', one((text) => parseId('ses', text), `a session id is \`ses_\` and ${ID_REST}`))
    .option('--thumbprint <x5t#S256>', 'good only with this client certificate: base64url SHA-256 of its DER', thumbprint)
}

function addSigning(token: Command): void {
  token
    .option('--ttl <duration>', 'how long it is good; at most 24h (default: 1h)', lifetime)
    .option('-c, --config <file>', 'take issuer, audience and claims from this configuration')
    .option('--issuer <url>', 'in place of the configured one')
    .option('--audience <url>', 'in place of the configured one')
    .option('--state <directory>', 'where the development key lies, made at its first use; default: beside the configured key set, else ./state')
    .option('--key <file>', 'the private key, where it is not that of the directory')
}

async function printToken(options: TokenOptions, deps: AgentCommandDeps): Promise<void> {
  try {
    const config = await configOf(options, deps)
    const state = options.state ?? stateOf(config)
    const keys = await createDevelopmentKeys(state, options.key ?? join(state, 'development-key.pem'))
    const claims = claimsOf(options, issuerOf(options, config), deps.clock.nowMs())
    const token = await signDelegationToken(claims, keys.signingKey)
    for (const line of remarks(claims, keys.jwksFile, config)) deps.stderr.write(`${line}\n`)
    deps.stdout.write(`${token}\n`)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const lines = error instanceof SourceError ? error.problems.map((problem) => formatProblem(problem)) : [error.message]
    for (const line of lines) deps.stderr.write(`${line}\n`)
    deps.setExitCode(EXIT_CONFIG)
  }
}

/** The key belongs beside the key set that the proxy reads: one that it does not know would sign tokens that it refuses. */
function stateOf(config: ConfigText | undefined): string {
  const jwks = config?.identity.delegation_tokens?.jwks
  return jwks !== undefined && 'file' in jwks && basename(jwks.file) === 'development-jwks.json' ? dirname(jwks.file) : './state'
}

async function configOf(options: TokenOptions, deps: AgentCommandDeps): Promise<ConfigText | undefined> {
  const file = options.config ?? deps.defaultConfig()
  return file === undefined ? undefined : (await readConfigText(file)).text
}

function issuerOf(options: TokenOptions, config: ConfigText | undefined): Issuer {
  const configured = config?.identity.delegation_tokens
  return {
    issuer: options.issuer ?? configured?.issuer ?? DEVELOPMENT_ISSUER,
    audience: options.audience ?? configured?.audience ?? DEVELOPMENT_AUDIENCE,
    profile: configured?.claims ?? 'postern',
  }
}

function claimsOf(options: TokenOptions, issuer: Issuer, nowMs: number): DelegationTokenClaims {
  return {
    ...issuer,
    agent: options.agent,
    person: options.for,
    personName: options.name,
    clientId: options.agent.slice('agent:'.length),
    delegation: options.delegation ?? newId('dlg'),
    session: options.session ?? newId('ses'),
    consent: [{ integration: options.integration, scopes: options.scope, targets: options.target }],
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + (options.ttl ?? DEFAULT_MS),
    certificateThumbprint: options.thumbprint,
  }
}

/** What to know beside the token: what it says, and what would make the proxy refuse it. */
function* remarks(claims: DelegationTokenClaims, jwksFile: string, config: ConfigText | undefined): Iterable<string> {
  const [consent] = claims.consent
  const until = new Date(claims.expiresAtMs).toISOString()
  yield `${claims.agent} for ${claims.person} until ${until}: ${consent?.integration} ${consent?.scopes.join(' ')} on ${consent?.targets.join(' ')}`
  yield `delegation ${claims.delegation}, session ${claims.session}: revoke them under \`revoked\` in the configuration`
  const settings = `{ issuer: ${claims.issuer}, audience: ${claims.audience}, jwks: { file: ${jwksFile} } }`
  yield `the proxy verifies it with identity.delegation_tokens: ${settings}`
  if (config === undefined) return
  const known = config.agents.find(({ id }) => id === claims.agent)
  if (known === undefined) yield `warning: ${claims.agent} is not among the \`agents\` of the configuration: the proxy will refuse it`
  else if (known.status === 'revoked') yield `warning: ${claims.agent} is revoked in the configuration: the proxy will refuse it`
  if (consent !== undefined && !Object.hasOwn(config.integrations, consent.integration)) {
    yield `warning: no integration of the configuration is named ${consent.integration}`
  }
}

function one<T>(parse: (text: string) => T | undefined, rule: string): (text: string) => T {
  return (text) => {
    const value = parse(text)
    if (value === undefined) throw new InvalidArgumentError(rule)
    return value
  }
}

function listed(check: (text: string) => string): (text: string, before: readonly string[] | undefined) => readonly string[] {
  return (text, before = []) => [...before, check(text)]
}

function word(text: string, before: readonly string[] = []): readonly string[] {
  if (!/^[\x21-\x7e]{1,128}$/.test(text)) throw new InvalidArgumentError('a scope is at most 128 printable characters without space')
  return [...before, text]
}

function printable(text: string): string {
  if (!/^[^\p{C}\p{Zl}\p{Zp}]{1,128}$/u.test(text)) throw new InvalidArgumentError('one line of at most 128 characters')
  return text
}

function integrationName(text: string): string {
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(text)) throw new InvalidArgumentError('an integration’s name has lower-case letters, digits, `_` and `-`')
  return text
}

function thumbprint(text: string): string {
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) throw new InvalidArgumentError('43 base64url characters')
  return text
}

function lifetime(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined || ms < 1000 || ms > LONGEST_MS) throw new InvalidArgumentError('a duration such as 30s, 10m or 8h, at most 24h')
  return ms
}
