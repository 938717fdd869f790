import type { AuditEvent } from '../../audit/event.ts'
import type { AuditLog } from '../../audit/log.ts'
import type { IntegrationIndex } from '../../integrations/integration-index.ts'
import type { Clock } from '../../lib/clock.ts'
import { deny, isDenial, type Denial } from '../../model/denial.ts'
import type { ConsentDetail } from '../../model/principal.ts'
import type { PersonLinks } from '../../sync/contract.ts'
import type { ConnectionDesk } from '../connections/contract.ts'
import type { ExchangeAnswer, ExchangeRequest, ScopeJudge, StandInSigner, Subject, SubjectReader } from './contract.ts'
import { principalOf } from './principal-of.ts'
import type { Releaser } from './releaser.ts'
import { integrationOf, wantedAccess, type WantedAccess } from './wanted-access.ts'

export interface ExchangeDependencies {
  readonly integrations: IntegrationIndex
  readonly subjects: SubjectReader
  readonly judge: ScopeJudge
  readonly connections: Pick<ConnectionDesk, 'get' | 'connectable'>
  readonly links: PersonLinks
  readonly signer: StandInSigner
  readonly releaser: Releaser
  readonly audit: AuditLog
  /** Refusals of whoever showed nothing that is good: anybody can name a public client, so that they must not fill the disk. */
  readonly unproven: Pick<AuditLog, 'post'>
  readonly clock: Clock
  readonly standInMs: number
  /** Where the proxy serves an integration: `http://127.0.0.1:8080/github`. */
  baseUrl(integration: string): string
}

/** What was allowed, in the one form that tokens have. */
interface Allowed {
  readonly integration: string
  readonly access: ConsentDetail
  /** Whether no connection of the person's is needed. */
  readonly lent: boolean
}

/** Token exchange (RFC 8693): `require()` of design 6.4. The three layers are evaluated anew at each. */
export class ExchangeService {
  readonly #deps: ExchangeDependencies

  constructor(deps: ExchangeDependencies) {
    this.#deps = deps
  }

  /**
   * @returns the stand-in token or the released credential, both on record; or why not, with the link that mends it
   * @throws Fault `audit_unavailable`, `credential_unavailable`, `authority_unavailable`
   */
  async exchange(request: ExchangeRequest, signal: AbortSignal): Promise<ExchangeAnswer | Denial> {
    const { integrations, subjects } = this.#deps
    // for whom: our own token, good now, shown by the agent that it is of, or by the server that it was issued for
    const subject = await subjects.read(request.subjectToken, request.subjectTokenType, request)
    if (isDenial(subject)) return this.#refused(request, undefined, subject)
    // where to
    const integration = integrationOf(request.resource, integrations)
    if (isDenial(integration)) return this.#refused(request, subject, integration)
    const answer = await this.#decide(request, subject, wantedAccess(request, subject, integration), signal)
    return isDenial(answer) ? this.#refused(request, subject, this.#linked(answer, subject, integration.name, request), integration.name) : answer
  }

  async #decide(request: ExchangeRequest, subject: Subject, wanted: WantedAccess | Denial, signal: AbortSignal): Promise<ExchangeAnswer | Denial> {
    // what the person approved, by the token and as it stands
    if (isDenial(wanted)) return wanted
    // what the organisation's and the agent's policies let through
    const allowed = this.#allowed(subject, wanted, request.delivery)
    if (isDenial(allowed)) return allowed
    // by whose access it is carried out
    const connected = await this.#connected(subject, allowed)
    if (connected !== undefined) return connected
    if (request.delivery === 'released') return this.#deps.releaser.release(subject, wanted.integration, allowed.access, signal)
    return this.#standIn(request, subject, allowed)
  }

  #allowed(subject: Subject, { integration, scopes, named }: WantedAccess, delivery: ExchangeRequest['delivery']): Allowed | Denial {
    const verdicts = scopes.map((one) => ({ ...one, verdict: this.#deps.judge.judge(subject, integration.name, one.scope, one.targets) }))
    const passes = ({ effect }: { effect: string }): boolean => effect === 'allow' || (effect === 'ask' && delivery === 'proxied')
    const refused = verdicts.find(({ verdict }) => !passes(verdict))
    const kept = verdicts.filter(({ verdict }) => passes(verdict))
    if (refused !== undefined && (named || kept.length === 0)) {
      const { effect, layer, reason, rule } = refused.verdict
      return deny(effect === 'ask' ? 'approval_required' : 'policy_denied', reason, {
        layer, ...(rule === undefined ? {} : { rule }), hint: rule === undefined ? `${refused.scope} of ${integration.name} is not allowed to ${subject.agent} here.` : reason,
      })
    }
    return { integration: integration.name, access: accessOf(integration.name, kept), lent: kept.every(({ verdict }) => verdict.lent) }
  }

  /** A token for what no call could be made with would mislead: the connection is looked at now, though each call looks again. */
  async #connected({ delegation }: Subject, { integration, lent }: Allowed): Promise<Denial | undefined> {
    if (lent) return undefined
    const { connections } = this.#deps
    const id = delegation.standing?.connections[integration]
    const connection = id === undefined ? undefined : await connections.get(id)
    if (connection?.state === 'active') return undefined
    if (connection?.state === 'reauth_required') {
      return deny('connection_reauth_required', `the connection ${connection.id} has to be renewed by ${delegation.person}`)
    }
    if (!connections.connectable().some((one) => one.integration === integration)) return undefined
    return deny('connection_required', `${delegation.person} has no connection to ${integration} in this delegation`)
  }

  async #standIn(request: ExchangeRequest, subject: Subject, { integration, access }: Allowed): Promise<ExchangeAnswer> {
    const { clock, signer, audit, standInMs, baseUrl } = this.#deps
    const nowMs = clock.nowMs()
    const expiresAtMs = Math.min(nowMs + standInMs, subject.delegation.expiresAtMs)
    const expiresInS = Math.floor((expiresAtMs - nowMs) / 1000)
    const token = await signer.sign(subject, access, expiresAtMs, request.proofs)
    await audit.commit({
      ...whoOf(request, subject), event: 'token.issued', integration, scopes: access.scopes, target: access.targets.join(','),
      expires_in: `${expiresInS}s`, outcome: 'ok',
    })
    return { delivery: 'proxied', token, expiresInS, scopes: access.scopes, targets: access.targets, integration, baseUrl: baseUrl(integration) }
  }

  /** The link under which the person can mend it. */
  #linked(denial: Denial, subject: Subject, integration: string, request: ExchangeRequest): Denial {
    const { links } = this.#deps
    if (denial.link !== undefined) return denial
    const principal = principalOf(subject)
    const link = denial.denial === 'consent_required' ? links.consent(principal, integration, denial.missingScopes ?? [], request.target)
      : denial.denial === 'connection_required' || denial.denial === 'connection_reauth_required' ? links.connect(principal, integration) : undefined
    return link === undefined ? denial : { ...denial, link }
  }

  #refused(request: ExchangeRequest, subject: Subject | undefined, denial: Denial, integration?: string): Denial {
    const { audit, unproven } = this.#deps
    const records = subject === undefined ? unproven : audit
    records.post({
      ...whoOf(request, subject), event: 'token.denied', integration, code: denial.denial, reason: denial.detail, rule: denial.rule?.id, outcome: 'denied',
    })
    return denial
  }
}

/** One detail can say one set of targets for all of its scopes: those that all of them have. */
function accessOf(integration: string, kept: readonly { readonly scope: string; readonly targets: readonly string[] }[]): ConsentDetail {
  const [first, ...others] = kept
  const targets = (first?.targets ?? []).filter((target) => others.every((one) => one.targets.includes(target)))
  return { integration, scopes: kept.map(({ scope }) => scope), targets }
}

function whoOf(request: ExchangeRequest, subject: Subject | undefined): Pick<AuditEvent, 'agent' | 'user' | 'delegation' | 'session' | 'via'> {
  if (subject === undefined) return { agent: { id: request.agent, name: request.agent } }
  const { delegation } = subject
  return {
    agent: { id: subject.agent, name: subject.agentName },
    user: { id: delegation.person, name: delegation.personName },
    delegation: delegation.id,
    session: delegation.session,
    via: subject.via,
  }
}
