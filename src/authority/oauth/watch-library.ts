import type { EventEmitter } from 'node:events'
import type { Provider } from 'oidc-provider'
import type { Interaction, KoaContextWithOIDC } from 'oidc-provider'
import { CODES } from '../../model/codes.ts'
import { Fault } from '../../model/denial.ts'
import { parseId } from '../../model/ids.ts'
import { StoreError } from '../../store/store-error.ts'
import { readAccess } from './access-request.ts'
import type { OauthTrail } from './audit-trail.ts'
import type { BrowserBinding } from './browser-binding.ts'
import { agentOfClient, isRevokedAgent } from './client-identity.ts'
import type { OauthDependencies } from './oauth-dependencies.ts'
import type { PollPace } from './poll-pace.ts'
import { EXTEND_PARAMETER } from './requested-access.ts'
import { stateOf } from './request-state.ts'

export interface WatchOptions extends Pick<OauthDependencies, 'agents' | 'words' | 'onError'> {
  readonly trail: OauthTrail
  readonly browsers: BrowserBinding
  readonly pace: PollPace
}

/** RFC 8693 section 2.1. */
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
/** Asking again is how the device flow waits; it is no denial. */
const WAITING: ReadonlySet<string> = new Set(['authorization_pending', 'slow_down', 'use_dpop_nonce'])

/** What the library does is put on record, and its answers are completed by what it does not know. */
export function watchLibrary(provider: Provider, options: WatchOptions): void {
  provider.use(async (context, next) => {
    await next()
    completeAnswer(context, options)
    tellRevoked(context, options)
    tellUnavailable(context)
    await boundBrowser(provider, context, options)
  })
  // Else Koa writes what broke to the console.
  const koa: EventEmitter = provider
  koa.on('error', (error: unknown) => options.onError(error))
  provider.on('server_error', (context, error: unknown) => {
    stateOf(context).failure = error
    options.onError(error)
  })
  provider.on('grant.error', (context, error) => {
    if (!WAITING.has(error.error)) options.trail.denied(agentOf(context, options), error.error, error.error_detail ?? error.error_description)
  })
  provider.on('interaction.started', (context) => noteRequest(context, options))
  provider.on('device_authorization.success', (context) => noteRequest(context, options))
}

function completeAnswer(context: { readonly status: number, body: unknown }, { pace }: WatchOptions): void {
  const { body } = context
  if (context.status !== 200 || typeof body !== 'object' || body === null) return
  const { refresh } = stateOf(context)
  if (refresh?.kind === 'repeats' && 'refresh_token' in body) body.refresh_token = refresh.successor
  if ('device_code' in body) Object.assign(body, { interval: Math.ceil(pace.intervalMs / 1000) })
}

/** For the library a revoked agent is a client that does not exist; who exchanges tokens on its behalf is told what it is (design 6.4). */
function tellRevoked(context: { status: number, body: unknown, readonly oidc?: { readonly params?: Readonly<Record<string, unknown>> } }, { agents }: WatchOptions): void {
  const { client_id: clientId, grant_type: grantType } = context.oidc?.params ?? {}
  if (context.status !== 401 || grantType !== TOKEN_EXCHANGE || typeof clientId !== 'string' || !isRevokedAgent(clientId, agents)) return
  const { status, title } = CODES.agent_revoked
  context.status = status
  context.body = { error: 'agent_revoked', error_description: title, code: 'agent_revoked' }
}

/** What cannot be had at the moment, the store or the audit, is no defect of the request's, and may be tried again. */
function tellUnavailable(context: { status: number, body: unknown, set(name: string, value: string): void }): void {
  const { failure } = stateOf(context)
  if (context.status !== 500 || !(failure instanceof Fault || failure instanceof StoreError)) return
  if (typeof context.body === 'object') context.body = { error: 'temporarily_unavailable', error_description: 'try again' }
  context.status = 503
  context.set('Retry-After', '1')
}

/** Gives the browser its name, forgets the library's session, and ends the oldest questions where a browser has too many. */
async function boundBrowser(provider: Provider, context: KoaContext, { browsers }: WatchOptions): Promise<void> {
  const { browser } = stateOf(context)
  const session = provider.cookieName('session')
  const cookies = [context.response.headers['set-cookie'] ?? []].flat().map(String).filter((cookie) => !isNamed(cookie, session))
  if (browser?.setCookie !== undefined) cookies.push(browser.setCookie)
  if (cookies.length > 0) context.set('Set-Cookie', cookies)
  else context.remove('Set-Cookie')
  const interaction = context.oidc?.entities.Interaction
  if (browser === undefined || interaction === undefined) return
  for (const over of await browsers.opened(browser.secret, interaction.uid, interaction.exp * 1000)) {
    await (await provider.Interaction.find(over))?.destroy()
  }
}

/** Whether a `Set-Cookie` is of this cookie, or of its signature. */
function isNamed(setCookie: string, name: string): boolean {
  return setCookie.startsWith(`${name}=`) || setCookie.startsWith(`${name}.sig=`)
}

interface KoaContext {
  readonly response: { readonly headers: Readonly<Record<string, unknown>> }
  readonly oidc?: { readonly entities: { readonly Interaction?: Interaction | undefined } }
  set(name: string, value: string[]): void
  remove(name: string): void
}

function noteRequest(context: KoaContextWithOIDC, options: WatchOptions): void {
  const agent = agentOf(context, options)
  const { params = {} } = context.oidc
  if (agent === undefined) return
  const extend = params[EXTEND_PARAMETER]
  const access = readAccess(params['scope'], params['authorization_details'], (name) => options.words(name))
  options.trail.requested(agent, access, typeof extend === 'string' ? parseId('ses', extend) : undefined)
}

function agentOf(context: KoaContextWithOIDC, { agents }: WatchOptions): ReturnType<typeof agentOfClient> {
  const clientId = context.oidc.client?.clientId
  return clientId === undefined ? undefined : agentOfClient(clientId, agents)
}
