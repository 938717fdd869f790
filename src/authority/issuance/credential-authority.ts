import type { AuditLog } from '../../audit/log.ts'
import type { CredentialOrder, Issuer } from '../../integrations/issuer.ts'
import { abortable } from '../../lib/abortable.ts'
import type { Clock } from '../../lib/clock.ts'
import { SingleFlight } from '../../lib/single-flight.ts'
import type { Cancel, Timers } from '../../lib/timers.ts'
import { within } from '../../lib/within.ts'
import type { Credential } from '../../model/credential.ts'
import type { DenialCode } from '../../model/codes.ts'
import { codeOfThrown, deny, Fault, isDenial, type Denial } from '../../model/denial.ts'
import type { CredentialId } from '../../model/ids.ts'
import type { LiveCredentials } from '../../store/ports/live-credentials.ts'
import type { CredentialSource, Revocations, Revoked } from '../../sync/contract.ts'
import type { CredentialEnds } from '../revocation/contract.ts'
import { Gate } from './gate.ts'
import { holdCredential, renewalHelps, type HeldCredential } from './held-credential.ts'
import { HeldCredentials } from './held-credentials.ts'
import { deniedRecord, failedRecord, type EndReason } from './issuance-records.ts'
import { ISSUANCE_LIMITS, type IssuanceLimits } from './issuance-limits.ts'
import { issueCredential, type IssueDependencies } from './issue-credential.ts'
import { endLeftovers } from './leftovers.ts'
import { orderKey } from './order-key.ts'
import { type Ending, RevocationEnds } from './revocation-ends.ts'
import { Setbacks } from './setbacks.ts'
import { UpstreamEnding } from './upstream-ending.ts'

/** What issuance works with; the adapters are chosen by the composition root. */
export interface CredentialAuthorityDependencies {
  /** By the integration's name. */
  readonly issuers: ReadonlyMap<string, Issuer>
  readonly audit: AuditLog
  readonly live: LiveCredentials
  readonly revocations: Revocations
  readonly clock: Clock
  readonly timers: Timers
  /** 0 up to 1, for jitter only. */
  readonly random?: () => number
  readonly limits?: Partial<IssuanceLimits>
}

/** Refusals that say nothing about who may have a credential. */
const PASSING: ReadonlySet<DenialCode> = new Set(['rate_limited', 'overloaded', 'draining'])

/**
 * The control plane's side of `Sync.credential`: one issuance for all who want the same, recorded before it is handed out, renewed while
 * it is used, and ended at the upstream when its time is over or its principal is revoked.
 */
export class CredentialAuthority implements CredentialSource {
  readonly #deps: CredentialAuthorityDependencies
  readonly #limits: IssuanceLimits
  readonly #random: () => number
  readonly #held: HeldCredentials
  readonly #ending: UpstreamEnding
  readonly #ends: RevocationEnds
  readonly #gate: Gate
  readonly #setbacks: Setbacks
  readonly #flights = new SingleFlight<Credential | Denial>()
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #listeners = new Set<(id: CredentialId) => void>()
  readonly #unsubscribe: () => void
  /** Made or taken over by this run, and not yet ended: no leftovers. */
  readonly #own = new Set<CredentialId>()
  #cancelLook: Cancel = () => undefined
  #closed = false

  constructor(deps: CredentialAuthorityDependencies) {
    const limits = { ...ISSUANCE_LIMITS, ...deps.limits }
    this.#deps = deps
    this.#limits = limits
    this.#random = deps.random ?? Math.random
    this.#held = new HeldCredentials(limits.maxCached, deps.clock, deps.timers, {
      onExpired: (held) => this.#end(held.credential.id, 'expired'),
      onEvicted: (held) => this.#evict(held),
    })
    this.#ending = new UpstreamEnding({
      issuers: deps.issuers, live: deps.live, audit: deps.audit, timers: deps.timers, limits, onForgotten: (id) => void this.#own.delete(id),
    })
    this.#ends = new RevocationEnds(deps.timers, limits)
    this.#gate = new Gate({
      inside: limits.concurrentIssues,
      insidePerOwner: limits.concurrentIssuesPerAgent,
      waiting: limits.queuedIssues,
      waitingPerOwner: limits.queuedIssuesPerAgent,
    })
    this.#setbacks = new Setbacks(deps.clock, this.#random, limits)
    this.#unsubscribe = deps.revocations.subscribe((revoked) => this.#revoked(revoked))
  }

  /**
   * Ends what an earlier run left alive, and from then on what other processes of the store leave behind; called once. Resolves once each that
   * was found first was ended or given up; orders need not wait for it.
   */
  async start(): Promise<void> {
    this.#lookAgain()
    await this.#endLeftovers()
  }

  async #endLeftovers(): Promise<void> {
    const { issuers, live, clock } = this.#deps
    const leftovers = (await live.list()).filter(({ id }) => !this.#own.has(id))
    for (const { id } of leftovers) this.#own.add(id)
    await endLeftovers(leftovers, { issuers, live, clock, limits: this.#limits, ending: this.#ending })
  }

  /** A process that is gone is known to be only after a while. */
  #lookAgain(): void {
    this.#cancelLook = this.#deps.timers.after(this.#limits.lookForLeftoversMs, () => {
      if (this.#closed) return
      this.#lookAgain()
      // The store's own trouble is told by those who need it now; the next look comes.
      this.#endLeftovers().catch(() => undefined)
    })
  }

  async credential(order: CredentialOrder, signal: AbortSignal): Promise<Credential | Denial> {
    if (this.#closed) return deny('draining', 'the authority shuts down')
    const issuer = this.#deps.issuers.get(order.integration)
    if (issuer === undefined) throw new Fault('credential_unavailable', `no issuer serves the integration ${order.integration}`)
    const refusal = this.#deps.revocations.refusal(order.principal)
    if (refusal !== undefined) return this.#recordDenial(order, refusal)
    const key = orderKey(order, issuer)
    const held = this.#held.usable(key)
    if (held === undefined) return this.#wait(this.#issue(key, order, issuer), signal)
    if (this.#deps.clock.nowMs() >= held.renewAtMs) this.#renew(held, order, issuer)
    return held.credential
  }

  credentialRejected(id: CredentialId): void {
    const held = this.#end(id, 'rejected')
    if (held === undefined) return this.#announce(id)
    this.#tellIssuer(held)
    this.#setbacks.rejected(held.key, new Fault('credential_unavailable', 'the upstream does not accept what was issued'))
  }

  /**
   * Ends whatever belongs to something that was revoked, here and at the upstreams, and waits for the latter within a bound.
   * @returns by integration, what was dropped and how much of it the upstream has ended
   */
  endAll(revoked: Revoked): Promise<CredentialEnds[]> {
    this.#revoked(revoked)
    return this.#ends.report(revoked)
  }

  onCredentialEnded(listener: (id: CredentialId) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Issues nothing more and ends at the upstream all that lives, within a bound; what is left is ended at the next start. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#cancelLook()
    this.#unsubscribe()
    this.#ending.hurry()
    for (const held of this.#held.all()) this.#dropAtClose(held)
    const rest = async (): Promise<void> => {
      await Promise.allSettled(this.#underWay)
      await this.#ending.settled()
    }
    await within(this.#deps.timers, this.#limits.closeTimeoutMs, rest, () => new Error('not all in time')).catch(() => undefined)
  }

  #wait(flight: Promise<Credential | Denial>, signal: AbortSignal): Promise<Credential | Denial> {
    return abortable(flight, signal, () => new Fault('credential_unavailable', 'the order was given up before the credential came'))
  }

  #issue(key: string, order: CredentialOrder, issuer: Issuer): Promise<Credential | Denial> {
    const setback = this.#setbacks.current(key)
    if (setback instanceof Fault) return Promise.reject(setback)
    if (setback !== undefined) return Promise.resolve(setback)
    if (!this.#deps.audit.writable) return Promise.reject(new Fault('audit_unavailable', 'nothing is issued while the audit cannot be written'))
    return this.#flights.run(key, () => this.#track(this.#issueOnce(key, order, issuer)))
  }

  #track<T>(flight: Promise<T>): Promise<T> {
    const tracked = flight.catch(() => undefined).finally(() => this.#underWay.delete(tracked))
    this.#underWay.add(tracked)
    return flight
  }

  async #issueOnce(key: string, order: CredentialOrder, issuer: Issuer): Promise<Credential | Denial> {
    try {
      const outcome = await issueCredential(order, issuer, this.#issueDependencies(key, order))
      if (!isDenial(outcome)) return outcome
      this.#setbacks.refused(key, outcome)
      return this.#recordDenial(order, outcome)
    } catch (thrown) {
      const fault = thrown instanceof Fault ? thrown : new Fault('internal_error', 'the issuer broke', { cause: thrown })
      this.#setbacks.failed(key, fault)
      this.#deps.audit.post(failedRecord(order, codeOfThrown(fault), fault.message))
      throw fault
    }
  }

  #issueDependencies(key: string, order: CredentialOrder): IssueDependencies {
    const { live, audit, clock, timers, revocations } = this.#deps
    return {
      live, audit, clock, timers, limits: this.#limits, gate: this.#gate,
      begins: (id) => void this.#own.add(id),
      lastRefusal: ({ principal }) => (this.#closed ? deny('draining', 'the authority shuts down') : revocations.refusal(principal)),
      hold: (credential) => this.#held.add(holdCredential(key, order, credential, clock.nowMs(), this.#random(), this.#limits)),
      end: (credential, why) => void this.#ending.end({ ...credential, order }, why),
    }
  }

  /** In the background; the old one serves until it ends, but for a refusal, which holds for the old one too. */
  #renew(held: HeldCredential, order: CredentialOrder, issuer: Issuer): void {
    if (!renewalHelps(held, order, this.#limits) || this.#setbacks.current(held.key) !== undefined) return
    this.#issue(held.key, order, issuer).then(
      (outcome) => { if (isDenial(outcome) && !PASSING.has(outcome.denial)) this.#end(held.credential.id, 'refused') },
      () => undefined,
    )
  }

  #evict(held: HeldCredential): void {
    this.#announce(held.credential.id)
    this.#deps.timers.after(this.#limits.evictionGraceMs, () => this.#end(held.credential.id, 'evicted'))
  }

  #revoked(revoked: Revoked): void {
    this.#ends.add(revoked, this.#held.belongingTo(revoked).flatMap((held) => this.#endHeld(held.credential.id, 'revoked') ?? []))
  }

  /** In the background, and only so that the next issuance need not give the same again. */
  #tellIssuer({ order }: HeldCredential): void {
    const told = this.#deps.issuers.get(order.integration)?.rejected?.(order, AbortSignal.timeout(this.#limits.issueTimeoutMs))
    if (told !== undefined) void this.#track(told)
  }

  /** A static secret lives on whatever we do: nothing of it ends by our shutting down. */
  #dropAtClose(held: HeldCredential): void {
    const endable = this.#deps.issuers.get(held.order.integration)?.revoke !== undefined
    if (endable) this.#end(held.credential.id, 'shutdown')
    else this.#held.take(held.credential.id)
  }

  /** @returns what was ended, or undefined where somebody else had ended it */
  #end(id: CredentialId, why: EndReason): HeldCredential | undefined {
    return this.#endHeld(id, why)?.held
  }

  #endHeld(id: CredentialId, why: EndReason): (Ending & { readonly held: HeldCredential }) | undefined {
    const held = this.#held.take(id)
    if (held === undefined) return undefined
    this.#announce(id)
    return { held, integration: held.order.integration, atUpstream: this.#ending.end({ ...held.credential, order: held.order }, why) }
  }

  #announce(id: CredentialId): void {
    for (const listener of this.#listeners) listener(id)
  }

  #recordDenial(order: CredentialOrder, denial: Denial): Denial {
    this.#deps.audit.post(deniedRecord(order, denial))
    return denial
  }
}
