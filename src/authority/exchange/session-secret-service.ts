import type { AuditLog } from '../../audit/log.ts'
import type { Clock } from '../../lib/clock.ts'
import { Secret } from '../../lib/secret.ts'
import { deny, isDenial, type Denial } from '../../model/denial.ts'
import type { DelegationDesk } from '../delegations/contract.ts'
import type { ExchangeRequest, SubjectReader } from './contract.ts'

export interface SessionSecretDependencies {
  readonly subjects: SubjectReader
  readonly desk: Pick<DelegationDesk, 'newSessionSecret' | 'live'>
  readonly audit: AuditLog
  readonly clock: Clock
}

/** Gives a session's secret for its token: what a `HTTPS_PROXY` can hold that must not run out under a running agent (design 6.1). */
export class SessionSecretService {
  readonly #deps: SessionSecretDependencies

  constructor(deps: SessionSecretDependencies) {
    this.#deps = deps
  }

  /** The secret before it is good no more. @throws Fault `audit_unavailable` */
  async issue(request: ExchangeRequest): Promise<{ readonly secret: Secret; readonly expiresInS: number } | Denial> {
    const { subjects, desk, audit, clock } = this.#deps
    const subject = await subjects.read(request.subjectToken, request.subjectTokenType, request)
    if (isDenial(subject)) return subject
    const { agent, agentName, delegation } = subject
    // It would be the other agent's whole session, and would not tell who has it.
    if (subject.via !== undefined) return deny('proof_mismatch', `${subject.via} asked for a session secret of ${agent}`, { hint: 'Only the agent itself gets a secret of its session.' })
    // A secret is a bearer's: a token that was bound on purpose would lose its binding.
    if (subject.bound || delegation.session === undefined) {
      return deny('token_invalid', 'a token that is bound to a key or a certificate is not traded for a secret', { hint: 'Use the token itself.' })
    }
    // A token for less than stands would become a secret for all of it.
    if (delegation.consent.length !== delegation.standing?.consent.length || JSON.stringify(delegation.consent) !== JSON.stringify(delegation.standing.consent)) {
      return deny('token_invalid', 'a token that was narrowed or is older than the approval is not traded for a secret', { hint: 'Refresh the token without a narrower scope first.' })
    }
    await audit.commit({
      event: 'token.issued', agent: { id: agent, name: agentName }, user: { id: delegation.person, name: delegation.personName },
      delegation: delegation.id, session: delegation.session, reason: 'a session secret', outcome: 'ok',
    })
    const secret = await desk.newSessionSecret(delegation.session)
    const live = await desk.live(delegation.session)
    if (secret === undefined || live === undefined) return deny('session_ended', `the session ${delegation.session} has ended`)
    const endMs = Math.min(live.session.expiresAtMs, live.delegation.expiresAtMs)
    return { secret: new Secret(secret), expiresInS: Math.max(0, Math.floor((endMs - clock.nowMs()) / 1000)) }
  }
}
