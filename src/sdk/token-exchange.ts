import type { Credential, Delivery } from './credential.ts'
import { frozenCredential } from './frozen-credential.ts'
import { misconfigured } from './errors/misconfigured.ts'
import { UnavailableError } from './errors/refusals.ts'
import type { AuthorityClient } from './oauth/authority-client.ts'
import { membersOf, textOf, textsOf, type JsonAnswer } from './oauth/json-answer.ts'

/** What is asked for, in one form for all spellings of it. */
export interface ExchangeWish {
  readonly integration: string
  readonly token: string
  readonly scopes: readonly string[]
  readonly targets: readonly string[]
  readonly delivery: Delivery
}

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const SESSION = 'urn:postern:params:oauth:token-type:session'

/** One token exchange (RFC 8693). @throws PosternError */
export async function exchangeToken(wish: ExchangeWish, client: AuthorityClient, proxyUrl: string | undefined, signal: AbortSignal): Promise<Credential> {
  const answer = await client.post('tokenEndpoint', {
    grant_type: GRANT_TYPE,
    subject_token: wish.token,
    subject_token_type: wish.token.startsWith('ses_') ? SESSION : ACCESS_TOKEN,
    resource: wish.integration,
    scope: wish.scopes.length === 0 ? undefined : wish.scopes.join(' '),
    target: wish.targets,
    delivery: wish.delivery,
  }, 'repeatable', signal)
  return credentialIn(answer, wish, proxyUrl, client.environment.nowMs())
}

function credentialIn(answer: JsonAnswer, wish: ExchangeWish, proxyUrl: string | undefined, nowMs: number): Credential {
  const { body } = answer
  const [accessToken, tokenType, delivery] = [textOf(body['access_token']), textOf(body['token_type']), body['delivery']]
  const expiresIn = typeof body['expires_in'] === 'number' && body['expires_in'] > 0 ? body['expires_in'] : undefined
  const detail = membersOf(Array.isArray(body['authorization_details']) ? body['authorization_details'][0] : undefined)
  const integration = textOf(detail['integration'])
  if (accessToken === undefined || tokenType === undefined || integration === undefined) throw malformed('a token, its type or its integration', answer)
  // What was asked for as a stand-in must not turn out to be an upstream's own secret.
  if (delivery !== wish.delivery) throw malformed('the delivery that was asked for', answer)
  if (delivery === 'proxied' && expiresIn === undefined) throw malformed('when it ends', answer)
  return frozenCredential({
    accessToken,
    tokenType,
    authorization: `${tokenType} ${accessToken}`,
    expiresIn,
    expiresAt: expiresIn === undefined ? undefined : new Date(nowMs + expiresIn * 1000),
    scope: textOf(body['scope']) ?? '',
    targets: textsOf(detail['targets']),
    integration,
    baseUrl: baseUrlIn(answer, wish, integration, proxyUrl),
    delivery: wish.delivery,
  })
}

/** Where the agent reaches the proxy may be told to it alone: a sidecar, or a name that only its network knows. */
function baseUrlIn(answer: JsonAnswer, { delivery }: ExchangeWish, integration: string, proxyUrl: string | undefined): string {
  const told = textOf(answer.body['base_url'])
  const url = told === undefined ? null : URL.parse(told)
  if (told !== undefined && url === null) throw malformed('an address to use it at', answer)
  if (delivery === 'released' || proxyUrl === undefined) {
    if (told === undefined) throw misconfigured('the authority knows no address of the proxy: give createPostern() its proxyUrl')
    return told.replace(/\/+$/, '')
  }
  return `${proxyUrl}${url === null ? `/${integration}` : url.pathname.replace(/\/+$/, '')}`
}

function malformed(what: string, { status }: JsonAnswer): UnavailableError {
  return new UnavailableError({ code: 'answer_malformed', message: `The authority’s answer lacks ${what}.`, status })
}
