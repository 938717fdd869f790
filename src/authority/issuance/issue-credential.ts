import type { AuditLog } from '../../audit/log.ts'
import type { CredentialOrder, Issuance, Issuer } from '../../integrations/issuer.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Timers } from '../../lib/timers.ts'
import { within } from '../../lib/within.ts'
import type { Credential } from '../../model/credential.ts'
import { deny, Fault, isDenial, type Denial } from '../../model/denial.ts'
import { newId, type CredentialId } from '../../model/ids.ts'
import type { LiveCredentials } from '../../store/ports/live-credentials.ts'
import { boundedCredential } from './bounded-credential.ts'
import type { Gate } from './gate.ts'
import { issuedRecord, type EndReason } from './issuance-records.ts'
import type { IssuanceLimits } from './issuance-limits.ts'

/** What one issuance works with. */
export interface IssueDependencies {
  readonly live: LiveCredentials
  readonly audit: AuditLog
  readonly clock: Clock
  readonly timers: Timers
  readonly limits: IssuanceLimits
  readonly gate: Gate
  /** Told before the credential is noted as alive, so that it is not taken for one of an earlier run. */
  begins(id: CredentialId): void
  /** Whether the credential may still be handed out: asked last, after everything that took time. */
  lastRefusal(order: CredentialOrder): Denial | undefined
  /** Takes the credential over, in the same turn in which it was asked whether it may be handed out. */
  hold(credential: Credential): void
  /** Ends, upstream too, a credential that is not handed out. */
  end(credential: Credential, why: EndReason): void
}

/**
 * Makes one credential, in this order: issued by the upstream, noted as alive (so that a crash leaves none behind), recorded in the audit,
 * checked against revocations once more, held. Whatever fails on the way ends the credential at the upstream.
 * @throws Fault `credential_unavailable`, `audit_unavailable`, or what the issuer throws
 */
export async function issueCredential(order: CredentialOrder, issuer: Issuer, deps: IssueDependencies): Promise<Credential | Denial> {
  const made = await issueInTime(order, issuer, deps)
  if (isDenial(made)) return made
  const credential = boundedCredential(made, order, newId('crd'), deps.clock.nowMs())
  if (order.delivery === 'released' && made.narrowedBy !== 'upstream') {
    // Outside the proxy nothing would narrow it.
    if (issuer.revoke !== undefined) deps.end(credential, 'unreleasable')
    return deny('release_refused', 'the upstream cannot confine this credential to what was decided', {
      hint: 'This upstream’s credentials can do more than this request: they are used through the proxy only.',
    })
  }
  try {
    requireLife(credential, deps)
    deps.begins(credential.id)
    if (issuer.revoke !== undefined) await noteAlive(credential, deps)
    await record(order, credential, deps)
  } catch (thrown) {
    deps.end(credential, 'unrecorded')
    throw thrown
  }
  const refusal = deps.lastRefusal(order)
  if (refusal !== undefined) {
    deps.end(credential, refusal.denial === 'draining' ? 'shutdown' : 'revoked')
    return refusal
  }
  deps.hold(credential)
  return credential
}

/** A time-out is an unknown outcome: what comes after it is ended upstream. */
function issueInTime(order: CredentialOrder, issuer: Issuer, deps: IssueDependencies): Promise<Issuance | Denial> {
  const full = (): Fault => new Fault('credential_unavailable', `too many credentials of ${order.integration} are being issued`)
  return within(
    deps.timers,
    deps.limits.issueTimeoutMs,
    (signal) => deps.gate.run(order.principal.agent, signal, () => issuer.issue(order, signal), full),
    () => new Fault('credential_unavailable', `issuing took longer than ${deps.limits.issueTimeoutMs} ms`),
    (late) => {
      if (!isDenial(late)) deps.end(boundedCredential(late, order, newId('crd'), deps.clock.nowMs()), 'late')
    },
  )
}

function requireLife(credential: Credential, deps: IssueDependencies): void {
  if (credential.expiresAtMs > deps.clock.nowMs()) return
  throw new Fault('credential_unavailable', 'the issuer made a credential that has expired already')
}

async function noteAlive(credential: Credential, deps: IssueDependencies): Promise<void> {
  const { id, integration, secret, expiresAtMs } = credential
  const broken = (cause?: unknown): Fault => new Fault('credential_unavailable', 'the credential could not be noted as alive', { cause })
  await within(
    deps.timers,
    deps.limits.recordTimeoutMs,
    () => deps.live.add({ id, integration, secret, expiresAtMs }).catch((cause: unknown) => Promise.reject(broken(cause))),
    broken,
  )
}

async function record(order: CredentialOrder, credential: Credential, deps: IssueDependencies): Promise<void> {
  const broken = (cause?: unknown): Fault => new Fault('audit_unavailable', 'the issuance could not be recorded', { cause })
  const event = issuedRecord(order, credential, deps.clock.nowMs())
  await within(
    deps.timers,
    deps.limits.recordTimeoutMs,
    () => deps.audit.commit(event).catch((cause: unknown) => Promise.reject(broken(cause))),
    broken,
  )
}
