import type { AuditEvent } from '../../audit/event.ts'
import type { AuditLog } from '../../audit/log.ts'
import type { AgentId, PersonId, SessionId } from '../../model/ids.ts'
import { parsePersonId } from '../../model/ids.ts'
import type { ConsentDetail } from '../../model/principal.ts'
import { scopeText } from '../tokens/sign-delegation-token.ts'
import { DenialDigest } from './denial-digest.ts'
import type { Granted } from '../delegations/contract.ts'
import type { OauthAgent, OauthDependencies } from './oauth-dependencies.ts'

/** Our own words and the library's fixed ones; whatever could be a client's is left out. */
const PLAIN = /^[A-Za-z0-9 _.,'()-]{1,160}$/

/** What one token was issued for. */
export interface IssuedToken {
  readonly agent: OauthAgent
  /** Undefined where the agent acts for itself. */
  readonly granted: Granted | undefined
  readonly personName: string | undefined
  readonly consent: readonly ConsentDetail[]
  readonly lifetimeS: number
}

/** The OAuth server's records. */
export class OauthTrail {
  readonly #audit: AuditLog
  readonly #agents: OauthDependencies['agents']
  readonly #denials: DenialDigest

  constructor({ audit, agents, timers }: Pick<OauthDependencies, 'audit' | 'agents' | 'timers'>) {
    this.#audit = audit
    this.#denials = new DenialDigest(audit, timers)
    this.#agents = agents
  }

  /** @returns once it is durable: before that no token leaves. @throws Fault `audit_unavailable` */
  issued({ agent, granted, personName, consent, lifetimeS }: IssuedToken): Promise<void> {
    return this.#audit.commit({
      event: 'token.issued',
      agent: { id: agent.id, name: agent.name },
      ...grantedFacts(granted, personName),
      scopes: scopeText(consent).split(' ').filter(Boolean),
      expires_in: `${lifetimeS}s`,
      outcome: 'ok',
    })
  }

  /** A token of the admin API's for our own command line. */
  signedIn(person: PersonId, lifetimeS: number): Promise<void> {
    return this.#audit.commit({
      event: 'token.issued', user: { id: person, name: undefined }, expires_in: `${lifetimeS}s`, outcome: 'ok', reason: 'For the command line.',
    })
  }

  /** @param code the OAuth error; @param detail what the library says beside it, for ops */
  denied(agent: OauthAgent | undefined, code: string, detail: string | undefined): void {
    this.#denials.post({
      event: 'token.denied', ...agentFacts(agent), outcome: 'denied',
      reason: detail !== undefined && PLAIN.test(detail) ? `${code}: ${detail}` : code,
    })
  }

  /** An agent wants to act for whoever will sign in. */
  requested(agent: OauthAgent, access: readonly ConsentDetail[], extend: SessionId | undefined): void {
    this.#audit.post({
      event: 'delegation.requested', ...agentFacts(agent), session: extend, scopes: scopeText(access).split(' ').filter(Boolean),
      target: targetsOf(access), outcome: 'ok',
    })
  }

  /** The person said no. */
  refused(agent: OauthAgent, person: PersonId): void {
    this.#audit.post({ event: 'delegation.denied', ...agentFacts(agent), user: { id: person, name: undefined }, outcome: 'denied' })
  }

  /** A code or refresh token was shown by two. */
  replayed(granted: Granted, what: string): Promise<void> {
    return this.#audit.commit({
      event: 'delegation.replayed',
      ...agentFacts(this.#agents.agent(granted.session.agent), granted.session.agent),
      ...grantedFacts(granted, undefined),
      outcome: 'revoked', reason: `${what} was shown again after its use; the session is ended.`,
    })
  }
}

function agentFacts(agent: OauthAgent | undefined, id: AgentId | undefined = agent?.id): Pick<AuditEvent, 'agent'> {
  return id === undefined ? {} : { agent: { id, name: agent?.name ?? id } }
}

function grantedFacts(granted: Granted | undefined, personName: string | undefined): Pick<AuditEvent, 'user' | 'delegation' | 'session'> {
  if (granted === undefined) return {}
  const { delegation, session } = granted
  return { user: { id: delegation.person, name: personName }, delegation: delegation.id, session: session.id }
}

function targetsOf(access: readonly ConsentDetail[]): string {
  return [...new Set(access.flatMap(({ targets }) => targets))].join(',').slice(0, 512)
}

/** The person of a stored account id. @throws TypeError where it is none */
export function personOf(accountId: string): PersonId {
  const person = parsePersonId(accountId)
  if (person === undefined) throw new TypeError('an account that is no person')
  return person
}
