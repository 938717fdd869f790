import type { AuditLog } from '../../audit/log.ts'
import { ApprovalAnswers } from '../../authority/approvals/approval-answers.ts'
import { LiveApprovalDesk } from '../../authority/approvals/live-approval-desk.ts'
import type { ConnectionDesk } from '../../authority/connections/contract.ts'
import { LiveDelegationDesk } from '../../authority/delegations/delegation-desk.ts'
import { DelegationEnding } from '../../authority/delegations/delegation-ending.ts'
import { Sweeper } from '../../authority/delegations/sweeper.ts'
import type { IssuedTokens } from '../../authority/oauth/contract.ts'
import { endSignIns } from '../../authority/people/sign-outs.ts'
import { SurgicalRevoker } from '../../authority/revocation/revoker.ts'
import type { AuthorityConfig } from '../../config/config.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import type { PersonId } from '../../model/ids.ts'
import type { PolicyForecast } from '../../policy/forecast.ts'
import type { Store } from '../../store/ports/store.ts'
import type { ControlPlane } from './control-plane.ts'
import type { Logger } from './operational-log.ts'

export interface DelegationServicesOptions {
  readonly config: AuthorityConfig
  /** Where browsers find us, with the port that was found. */
  readonly url: string
  readonly plane: ControlPlane
  readonly store: Store
  readonly connections: ConnectionDesk
  readonly forecast: () => PolicyForecast
  readonly audit: AuditLog
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Logger
}

/** What people approve, and how it ends: everything of it that does not speak HTTP. */
export interface DelegationServices {
  readonly desk: LiveDelegationDesk
  readonly ending: DelegationEnding
  readonly revoker: SurgicalRevoker
  readonly approvals: ApprovalAnswers
  /** Whose tokens a session's are: known once the OAuth server is. */
  useTokens(tokens: IssuedTokens): void
  close(): Promise<void>
}

/** Starts them. */
export function startDelegationServices(options: DelegationServicesOptions): DelegationServices {
  const { config, url, plane, store, connections, forecast, audit, clock, timers, log } = options
  const { registry, copy, credentials } = plane
  const { lifetimes, roles } = config
  const onError = (error: unknown): void => log.error({ err: error }, 'something beside a request failed in the authority')
  const issued: { tokens: IssuedTokens | undefined } = { tokens: undefined }
  const tokens: IssuedTokens = { endSession: (session) => issued.tokens?.endSession(session) ?? Promise.resolve() }
  const ending = new DelegationEnding({ store, registry, tokens, audit, onError })
  const asked = { store, live: copy.approvals, mirror: copy.mirror, directory: registry, audit, clock, lifetimes }
  const approvals = new ApprovalAnswers(asked)
  const hasOperators = roles.operator.groups.length + roles.operator.people.length > 0
  plane.answerWith(new LiveApprovalDesk({ ...asked, url, hasOperators: () => hasOperators }))
  const desk = new LiveDelegationDesk({
    store, registry, mirror: copy.mirror, audit, clock, lifetimes, ruleBoundMs: (party, access) => forecast().delegationBound(party, access),
  })
  const signOut = (person: PersonId): Promise<void> => endSignIns(store.shortLived, person, clock.nowMs())
  const revoker = new SurgicalRevoker({ store, registry, mirror: copy.mirror, ending, credentials, connections, signOut, audit, timers })
  const sweeper = new Sweeper({ store, registry, ending, approvals, clock, timers, onError })
  sweeper.start()
  return { desk, ending, revoker, approvals, useTokens: (known) => { issued.tokens = known }, close: () => sweeper.close() }
}
