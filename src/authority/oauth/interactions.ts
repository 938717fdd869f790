import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Provider } from 'oidc-provider'
import type { DeviceCode, Interaction, InteractionResults } from 'oidc-provider'
import { parseId } from '../../model/ids.ts'
import type { PersonId } from '../../model/ids.ts'
import type { ShortLived } from '../../store/ports/short-lived.ts'
import type { Granted } from '../delegations/contract.ts'
import { readAccess } from './access-request.ts'
import type { OauthTrail } from './audit-trail.ts'
import type { BrowserBinding } from './browser-binding.ts'
import { agentOfClient } from './client-identity.ts'
import type { AccessRequest, Answer, Interactions } from './contract.ts'
import { answeredDevice, isWaiting, showUserCode } from './device-answer.ts'
import { interactionOf } from './endpoints.ts'
import { BROWSER_DETAIL } from './interaction-policy.ts'
import { consentWithin } from './narrow-consent.ts'
import type { OauthDependencies } from './oauth-dependencies.ts'
import { OWN_CLIENT_ID } from './own-client.ts'
import { EXTEND_PARAMETER } from './requested-access.ts'
import type { Resources } from './resources.ts'
import type { SignInGrants } from './sign-in-grants.ts'

export interface InteractionsOptions extends Pick<OauthDependencies, 'agents' | 'desk' | 'words' | 'clock'> {
  readonly provider: Provider
  readonly browsers: BrowserBinding
  readonly shortLived: ShortLived
  readonly trail: OauthTrail
  readonly resources: Resources
  readonly signIns: SignInGrants
}

/** What was found under the page's URL, for the browser that it was begun in. */
interface Open {
  readonly interaction: Interaction
  /** Set where a device waits for the answer. */
  readonly device: DeviceCode | undefined
  readonly request: AccessRequest
}

/** What a person decided, as the library takes it: a grant, or nothing. */
type Decided = { readonly grantId: string } | 'denied'

/** The questions to people that are open: the library keeps them, we bind them to a browser and carry out the answer. */
export class OpenInteractions implements Interactions {
  readonly #options: InteractionsOptions

  constructor(options: InteractionsOptions) {
    this.#options = options
  }

  async current(request: IncomingMessage, _response: ServerResponse): Promise<AccessRequest | undefined> {
    return (await this.#open(request))?.request
  }

  async answer(request: IncomingMessage, _response: ServerResponse, person: PersonId, answer: Answer): Promise<string | undefined> {
    const open = await this.#open(request)
    if (open === undefined) return undefined
    this.#assertWithin(open.request, answer)
    if (!await this.#claim(open)) return undefined
    const decided = await this.#decide(open.request, person, answer)
    if (open.device === undefined) return this.#handBack(open.interaction, person, decided)
    return answeredDevice(this.#options.provider, open.interaction, open.device, person, decided)
  }

  async #open(request: IncomingMessage): Promise<Open | undefined> {
    const { provider, browsers } = this.#options
    const uid = interactionOf(request.url)
    const interaction = uid === undefined ? undefined : await provider.Interaction.find(uid)
    if (interaction === undefined || interaction.result !== undefined) return undefined
    if (!browsers.matches(request.headers.cookie, interaction.prompt.details[BROWSER_DETAIL])) return undefined
    const device = interaction.deviceCode === undefined ? undefined : await provider.DeviceCode.find(interaction.deviceCode)
    if (interaction.deviceCode !== undefined && !isWaiting(device)) return undefined
    const described = this.#describe(interaction, device)
    return described === undefined ? undefined : { interaction, device, request: described }
  }

  /** Undefined where the agent was revoked meanwhile. */
  #describe({ uid, params }: Interaction, device: DeviceCode | undefined): AccessRequest | undefined {
    const clientId = String(params['client_id'])
    const answerTo = typeof params['redirect_uri'] === 'string' && device === undefined ? new URL(params['redirect_uri']).origin : undefined
    const common = { uid, clientId, answerTo, userCode: device === undefined ? undefined : showUserCode(device.userCode) }
    if (clientId === OWN_CLIENT_ID) return { ...common, purpose: 'sign_in', agent: undefined, access: [], extend: undefined }
    const agent = agentOfClient(clientId, this.#options.agents)
    if (agent === undefined) return undefined
    const extend = params[EXTEND_PARAMETER]
    return {
      ...common,
      purpose: 'delegation',
      agent: { id: agent.id, name: agent.name, owner: agent.owner },
      access: readAccess(params['scope'], params['authorization_details'], this.#options.words),
      extend: typeof extend === 'string' ? parseId('ses', extend) : undefined,
      servers: this.#options.resources.serversIn(params['resource'])
        .map(({ resource, agent: id }) => ({ resource, agent: id, name: this.#options.agents.agent(id)?.name ?? id })),
    }
  }

  /** The page narrows; that nothing is approved beyond what was asked for does not depend on it. */
  #assertWithin(request: AccessRequest, answer: Answer): void {
    if (answer.kind === 'signed_in' && request.purpose !== 'sign_in') throw new TypeError('a sign-in does not answer a request for a delegation')
    if (answer.kind !== 'approved') return
    if (request.purpose !== 'delegation') throw new TypeError('a sign-in delegates nothing')
    if (answer.access.length === 0 || !consentWithin(request.access, answer.access, this.#options.words)) {
      throw new TypeError('more was approved than was asked for, or nothing')
    }
  }

  /** Of all who answer at once, in all processes, one does. */
  #claim({ interaction, device }: Open): Promise<boolean> {
    const id = device === undefined ? interaction.uid : `device ${device.jti}`
    return this.#options.shortLived.putNew({ kind: 'oauth:Answer', id, payload: {}, expiresAtMs: (device?.exp ?? interaction.exp) * 1000 })
  }

  async #decide(request: AccessRequest, person: PersonId, answer: Answer): Promise<Decided> {
    switch (answer.kind) {
      case 'denied': {
        const agent = agentOfClient(request.clientId, this.#options.agents)
        if (agent !== undefined) this.#options.trail.refused(agent, person)
        return 'denied'
      }
      case 'signed_in':
        return { grantId: await this.#options.signIns.begin(person) }
      case 'approved': {
        const granted = await this.#grant(request, person, answer)
        return granted === undefined ? 'denied' : { grantId: granted.session.id }
      }
    }
  }

  async #grant(request: AccessRequest, person: PersonId, answer: Answer & { kind: 'approved' }): Promise<Granted | undefined> {
    if (request.agent === undefined) return undefined
    const { access, expiresAtMs } = answer
    return this.#options.desk.grant({ agent: request.agent.id, person, access, expiresAtMs, extend: request.extend })
  }

  async #handBack(interaction: Interaction, person: PersonId, decided: Decided): Promise<string> {
    interaction.result = resultOf(person, decided)
    await interaction.persist()
    return interaction.returnTo
  }
}

function resultOf(person: PersonId, decided: Decided): InteractionResults {
  if (decided === 'denied') return { error: 'access_denied', error_description: 'the person did not approve' }
  return { login: { accountId: person, remember: false }, consent: { grantId: decided.grantId } }
}
