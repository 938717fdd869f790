import { randomBytes } from 'node:crypto'
import type { CertifiedKey } from '../../lib/certificates.ts'
import { systemClock, type Clock } from '../../lib/clock.ts'
import { Authorizations } from '../server/authorizations.ts'
import { Canaries } from '../server/canaries.ts'
import { startStandIn, type StandInServer } from '../server/stand-in-server.ts'
import { answerAuthorize, isAuthorizeCall } from './authorize-site.ts'
import type { SlackWorld } from './method.ts'
import { authMethods } from './methods/auth-methods.ts'
import { chatMethods } from './methods/chat-methods.ts'
import { conversationMethods } from './methods/conversation-methods.ts'
import { fileMethods } from './methods/file-methods.ts'
import { oauthMethods } from './methods/oauth-methods.ts'
import { respond, type SlackGrants } from './respond.ts'
import { SlackTokens } from './tokens.ts'
import { answerUpload, isUpload } from './upload-host.ts'
import { seedWorkspace, type Workspace } from './workspace.ts'

const METHODS = [...authMethods, ...chatMethods, ...conversationMethods, ...fileMethods, ...oauthMethods]
const NAMES = ['localhost', 'slack.com', 'www.slack.com', 'files.slack.com']
const CLIENT_ID = '3336676.569200954261'

const BOT_SCOPES = ['channels:history', 'channels:read', 'chat:write', 'files:write', 'reactions:write', 'users:read']
const USER_SCOPES = ['channels:history', 'channels:read', 'chat:write', 'users:read']

export interface SlackOptions {
  /** 0 or absent for any. */
  readonly port?: number
  readonly clock?: Clock
  /** Signs the server's certificate; absent for an authority of its own. */
  readonly ca?: CertifiedKey
  /** What the installed bot may; absent for the usual. */
  readonly botScopes?: readonly string[]
}

/** A Slack of one's own: one workspace on TLS, its app installed with token rotation. */
export interface Slack extends StandInServer<SlackGrants> {
  readonly client: { readonly id: string; readonly secret: string }
  /** What the installation gave for the bot and for the person who installed it. Refresh tokens are single use. */
  readonly installation: { readonly bot: InstalledTokens; readonly user: InstalledTokens }
  /** A bot token of the time before rotation, for `oauth.v2.exchange`. */
  readonly legacyBotToken: string
  readonly workspace: Workspace
  /** Whether tokens of people who authorise the app from now on expire and rotate. */
  rotateUserTokens(rotate: boolean): void
  /** What the next person grants in the place of what was asked. */
  grantNext(scopes: readonly string[]): void
  /** Answers the next calls with 429 and `Retry-After`. */
  rateLimitNext(count: number, retryAfterSeconds: number): void
  /** Rotates, then cuts the socket before answering: the window that a client's crash would hit. */
  dropAfterRotation(count?: number): void
  /** Another token of the bot with just these scopes. */
  issueBotToken(scopes: readonly string[]): InstalledTokens
  /** Ends every access token; refresh tokens stay good. */
  revokeAll(): void
  /** Every token and refresh token ever issued, and the client secret. */
  canaries(): readonly string[]
}

export interface InstalledTokens {
  readonly accessToken: string
  readonly refreshToken: string
}

/** Starts a stand-in for Slack. @see https://docs.slack.dev/reference/methods for what it stands in for */
export async function startSlack(options: SlackOptions = {}): Promise<Slack> {
  const world = makeWorld(options.clock ?? systemClock)
  const botScopes = options.botScopes ?? BOT_SCOPES
  const server = await startStandIn<SlackGrants>({
    port: options.port,
    ca: options.ca,
    clock: world.clock,
    names: NAMES,
    respond: (call) => {
      if (isUpload(call)) return answerUpload(call, world)
      return isAuthorizeCall(call) ? answerAuthorize(call, world) : respond(call, METHODS, world)
    },
  })
  return {
    ...server,
    client: world.client,
    installation: { bot: install(world, 'bot', botScopes), user: install(world, 'user', USER_SCOPES) },
    legacyBotToken: world.tokens.issueLegacy('bot', botScopes).value,
    workspace: world.workspace,
    rotateUserTokens: (rotate) => { world.rotatesUserTokens = rotate },
    grantNext: (scopes) => { world.grantsNext = scopes },
    rateLimitNext: (count, retryAfterSeconds) =>
      server.faults.failNext(count, 429, {
        headers: { 'content-type': 'application/json; charset=utf-8', 'retry-after': String(retryAfterSeconds) },
        body: JSON.stringify({ ok: false, error: 'ratelimited' }),
      }),
    dropAfterRotation: (count = 1) => {
      world.dropsAfterRotation = count
    },
    issueBotToken: (scopes) => install(world, 'bot', scopes),
    revokeAll: () => world.tokens.revokeAll(),
    canaries: () => world.canaries.values(),
  }
}

function install(world: SlackWorld, kind: 'bot' | 'user', scopes: readonly string[]): InstalledTokens {
  const { access, refreshToken } = world.tokens.install(kind, scopes)
  return { accessToken: access.value, refreshToken }
}

function makeWorld(clock: Clock): SlackWorld {
  const canaries = new Canaries()
  let lastNumber = 100_000
  return {
    clock,
    canaries,
    client: { id: CLIENT_ID, secret: canaries.add(randomBytes(16).toString('hex')) },
    tokens: new SlackTokens(clock, canaries),
    workspace: seedWorkspace(),
    authorizations: new Authorizations(clock),
    rotatesUserTokens: true,
    grantsNext: undefined,
    dropsAfterRotation: 0,
    nextNumber: () => (lastNumber += 1),
  }
}
