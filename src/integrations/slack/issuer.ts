import type { Clock } from '../../lib/clock.ts'
import type { Secret } from '../../lib/secret.ts'
import { type Denial, deny, isDenial } from '../../model/denial.ts'
import type { CredentialOrder, Issuance, Issuer } from '../issuer.ts'
import { connectionRequired, lackingScopes, personAccess, type PersonAccessOptions } from '../person-access.ts'
import type { RotatingToken } from '../rotation/rotating-token.ts'
import type { RotationTimes } from '../rotation/rotation-times.ts'
import { METHODS, type TokenKind } from './catalogue/method-rows.ts'
import { slackUserScope } from './user-scope.ts'

/** Where the one bot token comes from. */
export type BotToken =
  | { readonly kind: 'static'; readonly secret: Secret }
  | { readonly kind: 'rotating'; readonly token: RotatingToken }

/** What the issuer works with; of bot and people there is at least one. */
export interface SlackIssuerOptions {
  readonly bot: BotToken | undefined
  readonly people: PersonAccessOptions | undefined
  readonly clock: Clock
  readonly times: RotationTimes
}

const PLACEMENT = { in: 'header', name: 'Authorization', value: 'Bearer {credential}' } as const

/**
 * Lends the organisation's bot token, or the person's own. Slack's tokens cannot be narrowed: the proxy's decision is the narrowing. They cannot
 * be revoked one by one either (`auth.revoke` would end the one token that all share), so that there is no `revoke`; what Postern hands out ends
 * by its own time.
 */
export class SlackIssuer implements Issuer {
  readonly revoke = undefined
  readonly #options: SlackIssuerOptions

  constructor(options: SlackIssuerOptions) {
    this.#options = options
  }

  /** Everything that `issue` looks at stands in the key, though the token is one. */
  cacheKey(order: CredentialOrder): string {
    const { delegation, agent } = order.principal
    const connection = delegation?.standing?.connections[order.integration] ?? null
    return JSON.stringify([
      agent, delegation?.id ?? null, connection, order.authority, tokenKindOf(order.operation), order.scopes.toSorted(), order.expiresInMs ?? null,
    ])
  }

  async issue(order: CredentialOrder, signal: AbortSignal): Promise<Issuance | Denial> {
    const { bot, people } = this.#options
    if (order.authority === 'person' && people !== undefined) return this.#issueForPerson(order, people, signal)
    const refusal = refusalOf(order, bot)
    if (refusal !== undefined) return refusal
    if (bot === undefined) return deny('credential_refused', 'the organisation has no bot at Slack')
    return bot.kind === 'static' ? this.#issueStatic(bot.secret, order) : this.#issueRotating(bot.token, order, signal)
  }

  rejected(order: CredentialOrder, signal: AbortSignal): Promise<unknown> {
    const connection = order.principal.delegation?.standing?.connections[order.integration]
    if (order.authority !== 'person' || connection === undefined) return Promise.resolve()
    return this.#options.people?.users.rejected(connection, undefined, signal) ?? Promise.resolve()
  }

  #issueStatic(secret: Secret, { expiresInMs }: CredentialOrder): Issuance {
    const expiresAtMs = expiresInMs === undefined ? Infinity : this.#options.clock.nowMs() + expiresInMs
    return { secret, placement: PLACEMENT, lifetime: 'static', expiresAtMs, upstreamExpiresAtMs: undefined, narrowedBy: 'proxy' }
  }

  async #issueRotating(token: RotatingToken, order: CredentialOrder, signal: AbortSignal): Promise<Issuance | Denial> {
    const connection = await token.current(signal)
    if (isDenial(connection)) return connection
    const missing = lackingScopes(order.scopes, connection.scopes)
    if (missing.length > 0) return lacking(missing)
    const { accessToken: secret, accessExpiresAtMs } = connection.tokens
    if (secret === undefined) throw new TypeError('a current connection has an access token')
    return this.#lend(secret, accessExpiresAtMs, order)
  }

  async #issueForPerson(order: CredentialOrder, people: PersonAccessOptions, signal: AbortSignal): Promise<Issuance | Denial> {
    const kind = tokenKindOf(order.operation)
    if (kind !== 'user' && kind !== 'bot') return wrongToken(kind, 'a person’s token')
    const access = await personAccess(order, people, signal)
    if (isDenial(access)) return access
    const missing = lackingScopes(order.scopes.map(slackUserScope), access.scopes)
    if (missing.length > 0) return connectionRequired('the connection was not granted these scopes', people, missing)
    return this.#lend(access.secret, access.expiresAtMs, order)
  }

  /** A token without end is lent for a while all the same: whether its connection stands is asked again then. */
  #lend(secret: Secret, upstreamExpiresAtMs: number | undefined, order: CredentialOrder): Issuance {
    const { clock, times } = this.#options
    const wantedMs = clock.nowMs() + (order.expiresInMs ?? times.defaultCredentialMs)
    const expiresAtMs = upstreamExpiresAtMs === undefined ? wantedMs : Math.min(wantedMs, upstreamExpiresAtMs - times.marginMs)
    const lifetime = upstreamExpiresAtMs === undefined ? 'static' : 'short'
    return { secret, placement: PLACEMENT, lifetime, expiresAtMs, upstreamExpiresAtMs, narrowedBy: 'proxy' }
  }
}

function refusalOf(order: CredentialOrder, bot: BotToken | undefined): Denial | undefined {
  if (order.authority !== 'organisation') return deny('authority_insufficient', 'a Slack bot token is the organisation’s')
  const kind = tokenKindOf(order.operation)
  if (kind === 'bot' || bot === undefined) return undefined
  return wrongToken(kind, 'a bot token')
}

function wrongToken(kind: TokenKind, held: string): Denial {
  return deny('credential_refused', `the method takes ${TOKENS[kind]}, and this connection holds ${held}`, {
    hint: `Slack does not take ${held} for this method: it wants ${TOKENS[kind]}.`,
  })
}

const TOKENS: Readonly<Record<TokenKind, string>> = {
  bot: 'a bot token',
  user: 'a person’s token',
  app: 'an app-level token',
  config: 'an app configuration token',
  none: 'credentials that are Postern’s own',
}

/** What no catalogue entry knows was declared by a rule, and counts as a bot's. */
function tokenKindOf(operation: string): TokenKind {
  return METHODS.get(operation)?.token ?? 'bot'
}

function lacking(missing: readonly string[]): Denial {
  return deny('credential_refused', 'the Slack app was not granted these scopes', {
    missingScopes: missing,
    hint: `The Slack app is not installed with ${missing.join(', ')}: add it to the app and install the app again.`,
  })
}
