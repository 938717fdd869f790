import type { Provider } from 'oidc-provider'
import type { TokenEndpointGrantContext } from 'oidc-provider'
import { errors } from 'oidc-provider'
import type { Clock } from '../../lib/clock.ts'
import type { ShortLived } from '../../store/ports/short-lived.ts'
import { agentOfClient, provesAgent } from './client-identity.ts'
import { DEVICE_GRANT } from './client-metadata.ts'
import type { ClientRequest, GrantType } from './contract.ts'
import { proofThumbprint } from './dpop-proof.ts'
import { ENDPOINTS } from './endpoints.ts'
import type { OauthAgents } from './oauth-dependencies.ts'
import { certificateThumbprint, senderCertificate } from './sender-certificate.ts'

/** What the library serves itself. */
const OF_THE_LIBRARY = ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_GRANT]
const MAX_VALUE = 16_384

export interface GrantTypesOptions {
  readonly issuer: string
  readonly agents: OauthAgents
  readonly shortLived: ShortLived
  readonly clock: Clock
}

/** The grant types that can be had at the token endpoint: the library's, and those of our own that are registered with it. */
export class GrantTypes {
  readonly #options: GrantTypesOptions
  readonly #own: string[] = []

  constructor(options: GrantTypesOptions) {
    this.#options = options
  }

  /** All of them, for the metadata. */
  get all(): readonly string[] {
    return [...OF_THE_LIBRARY, ...this.#own]
  }

  /** Those that every agent may use, beside the library's. */
  get own(): readonly string[] {
    return this.#own
  }

  /** Lets clients use another grant type: authenticated, bounded and its DPoP proof checked by us, answered by the one who registers it. */
  register(provider: Provider, grantType: GrantType): void {
    this.#own.push(grantType.name)
    provider.registerGrantType(grantType.name, async (context) => {
      const { status, body } = await grantType.answer(await this.#request(context, grantType))
      context.status = status
      context.body = body
    }, grantType.parameters, grantType.repeatable)
  }

  async #request(context: TokenEndpointGrantContext, { parameters }: GrantType): Promise<ClientRequest> {
    const { client, params } = context.oidc
    const agent = agentOfClient(client.clientId, this.#options.agents)
    if (agent === undefined) throw new errors.UnauthorizedClient('the client is no agent')
    const certificate = senderCertificate(context.req)
    return {
      clientId: client.clientId,
      agent: agent.id,
      authenticated: provesAgent(client),
      parameters: Object.fromEntries(parameters.flatMap((name) => readParameter(name, params[name]))),
      jkt: await this.#jkt(context),
      x5t: certificate === undefined ? undefined : certificateThumbprint(certificate),
    }
  }

  async #jkt(context: TokenEndpointGrantContext): Promise<string | undefined> {
    const proof = context.get('DPoP')
    if (proof === '') return undefined
    const { issuer, shortLived, clock } = this.#options
    const thumbprint = await proofThumbprint(proof, { shortLived, clock, url: `${issuer}${ENDPOINTS.token}` })
    if (thumbprint === undefined) throw new errors.InvalidDpopProof('the DPoP proof is not good here, or was used already')
    return thumbprint
  }
}

function readParameter(name: string, value: unknown): [string, string | readonly string[]][] {
  if (value === undefined) return []
  const texts = Array.isArray(value) ? value : [value]
  if (texts.length > 64 || !texts.every((text): text is string => typeof text === 'string' && text.length <= MAX_VALUE)) {
    throw new errors.InvalidRequest(`${name} is too long, or given too often`)
  }
  const [only] = texts
  return [[name, texts.length === 1 && only !== undefined ? only : texts]]
}
