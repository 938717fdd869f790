import type { Clock } from '../../lib/clock.ts'
import type { ConnectionDesk } from '../connections/contract.ts'
import type { DelegationDesk, Granted } from '../delegations/contract.ts'
import type { AccessRequest } from '../oauth/contract.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { buildOffer } from './build-offer.ts'
import type { ConsentForecast, ConsentIntegration } from './contract.ts'
import type { Offer } from './offer.ts'

/** What a request for access is judged by. */
export interface AskingDependencies {
  readonly delegations: Pick<DelegationDesk, 'live'>
  readonly connections: Pick<ConnectionDesk, 'connectable' | 'of'>
  readonly forecast: ConsentForecast
  /** By their names in the configuration. */
  readonly integrations: ReadonlyMap<string, ConsentIntegration>
  readonly clock: Clock
  readonly lifetimes: () => { readonly consentDefaultMs: number; readonly consentMaxMs: number }
}

/**
 * What this person is asked, judged as it stands now.
 * @returns undefined where it is to extend a run that is another's, or has ended
 * @throws TypeError where the request names no agent
 */
export async function askPerson(request: AccessRequest, { person }: BrowserSignIn, deps: AskingDependencies): Promise<Offer | undefined> {
  const { agent, extend } = request
  if (agent === undefined) throw new TypeError('a request for a delegation names its agent')
  const { connections, forecast, integrations, lifetimes, clock, delegations } = deps
  const running = extend === undefined ? undefined : await delegations.live(extend)
  if (extend !== undefined && !isTheirs(running, person.id, agent.id)) return undefined
  const own = await connections.of(person.id)
  // What was approved with an account that is gone is not allowed now: it is asked anew, with one that is there.
  const usable = new Set<string>(own.map(({ id }) => id))
  return buildOffer({
    request, agent, person, integrations, forecast,
    held: (running?.delegation.access ?? []).filter(({ connection }) => connection === undefined || usable.has(connection)),
    heldUntilMs: running?.delegation.expiresAtMs,
    nowMs: clock.nowMs(),
    connectable: new Set(connections.connectable().map(({ integration }) => integration)),
    connections: own,
    lifetimes: lifetimes(),
  })
}

function isTheirs(running: Granted | undefined, person: string, agent: string): running is Granted {
  return running?.session.person === person && running.session.agent === agent
}
