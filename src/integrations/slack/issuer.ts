import type { Clock } from '../../lib/clock.ts'
import type { Secret } from '../../lib/secret.ts'
import { type Denial, deny, isDenial } from '../../model/denial.ts'
import type { CredentialOrder, Issuance, Issuer } from '../issuer.ts'
import { METHODS, type TokenKind } from './catalogue/method-rows.ts'
import type { RotatingToken } from './rotating-token.ts'
import type { RotationTimes } from './rotation-times.ts'

/** Where the one bot token comes from. */
export type BotToken =
  | { readonly kind: 'static'; readonly secret: Secret }
  | { readonly kind: 'rotating'; readonly token: RotatingToken }

const PLACEMENT = { in: 'header', name: 'Authorization', value: 'Bearer {credential}' } as const

/**
 * Lends the organisation's bot token. Slack's tokens cannot be narrowed: the proxy's decision is the narrowing. They cannot be revoked one
 * by one either (`auth.revoke` would end the one token that all share), so that there is no `revoke`; what Postern hands out ends by its
 * own time.
 */
export class SlackIssuer implements Issuer {
  readonly revoke = undefined
  readonly #bot: BotToken
  readonly #clock: Clock
  readonly #times: RotationTimes

  constructor(bot: BotToken, clock: Clock, times: RotationTimes) {
    this.#bot = bot
    this.#clock = clock
    this.#times = times
  }

  /** Everything that `issue` looks at stands in the key, though the token is one. */
  cacheKey(order: CredentialOrder): string {
    const { delegation, agent } = order.principal
    return JSON.stringify([
      agent, delegation?.id ?? null, order.authority, tokenKindOf(order.operation), order.scopes.toSorted(), order.expiresInMs ?? null,
    ])
  }

  async issue(order: CredentialOrder, signal: AbortSignal): Promise<Issuance | Denial> {
    const refusal = refusalOf(order)
    if (refusal !== undefined) return refusal
    if (this.#bot.kind === 'static') return this.#issueStatic(this.#bot.secret, order)
    return this.#issueRotating(this.#bot.token, order, signal)
  }

  #issueStatic(secret: Secret, { expiresInMs }: CredentialOrder): Issuance {
    const expiresAtMs = expiresInMs === undefined ? Infinity : this.#clock.nowMs() + expiresInMs
    return { secret, placement: PLACEMENT, lifetime: 'static', expiresAtMs, upstreamExpiresAtMs: undefined, narrowedBy: 'proxy' }
  }

  async #issueRotating(token: RotatingToken, order: CredentialOrder, signal: AbortSignal): Promise<Issuance | Denial> {
    const connection = await token.current(signal)
    if (isDenial(connection)) return connection
    const missing = connection.scopes.length === 0 ? [] : order.scopes.filter((scope) => !connection.scopes.includes(scope))
    if (missing.length > 0) return lacking(missing)
    const { accessToken: secret, accessExpiresAtMs } = connection.tokens
    if (secret === undefined) throw new TypeError('a current connection has an access token')
    const wantedMs = this.#clock.nowMs() + (order.expiresInMs ?? this.#times.defaultCredentialMs)
    const expiresAtMs = accessExpiresAtMs === undefined ? wantedMs : Math.min(wantedMs, accessExpiresAtMs - this.#times.marginMs)
    return { secret, placement: PLACEMENT, lifetime: 'short', expiresAtMs, upstreamExpiresAtMs: accessExpiresAtMs, narrowedBy: 'proxy' }
  }
}

function refusalOf(order: CredentialOrder): Denial | undefined {
  if (order.authority !== 'organisation') return deny('authority_insufficient', 'a Slack bot token is the organisation’s')
  const kind = tokenKindOf(order.operation)
  if (kind === 'bot') return undefined
  return deny('credential_refused', `the method takes ${TOKENS[kind]}, and this connection holds a bot token`, {
    hint: `Slack takes no bot token for this method: it wants ${TOKENS[kind]}.`,
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
