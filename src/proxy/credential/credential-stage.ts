import type { CredentialOrder } from '../../integrations/issuer.ts'
import { abortable } from '../../lib/abortable.ts'
import type { Clock } from '../../lib/clock.ts'
import { SingleFlight } from '../../lib/single-flight.ts'
import type { Timers } from '../../lib/timers.ts'
import { within } from '../../lib/within.ts'
import type { DenialCode } from '../../model/codes.ts'
import type { Credential } from '../../model/credential.ts'
import { Fault, isDenial, type Denial } from '../../model/denial.ts'
import { sameTargets, type Operation } from '../../model/operation.ts'
import type { Principal } from '../../model/principal.ts'
import type { Sync } from '../../sync/contract.ts'
import type { ClientSide } from '../client-side.ts'
import type { Allowed, Stage } from '../exchange.ts'
import { CredentialCopies } from './credential-copies.ts'
import { credentialOrder, localKey } from './credential-order.ts'

/** What the stage works with, and its bounds. */
export interface CredentialStageOptions {
  readonly sync: Sync
  readonly clock: Clock
  readonly timers: Timers
  /** How long one call waits for a credential. */
  readonly timeoutMs: number
  /** Copies kept, over all agents. */
  readonly maxCopies: number
}

const MENDED_BY_CONNECTING: ReadonlySet<DenialCode> = new Set(['connection_required', 'connection_reauth_required'])

/**
 * Gets the credential for an allowed request; synchronous where a copy is at hand. A credential that cannot be had is a denial or a Fault,
 * never a call without: null is given only for an integration that is configured to take none.
 */
export class CredentialStage implements Stage<Allowed, 'credential', Credential | null> {
  readonly name = 'credential'
  readonly adds = 'credential'
  readonly #options: CredentialStageOptions
  readonly #copies: CredentialCopies
  readonly #flights = new SingleFlight<Credential | Denial>()
  readonly #keys = new WeakMap<Allowed['decision'], { readonly principal: Principal; readonly operation: Operation; readonly key: string }>()
  readonly #unsubscribe: () => void

  constructor(options: CredentialStageOptions) {
    this.#options = options
    this.#copies = new CredentialCopies(options.maxCopies, options.clock)
    this.#unsubscribe = options.sync.onCredentialEnded((id) => this.#copies.ended(id))
  }

  run(exchange: Allowed): Credential | null | Denial | Promise<Credential | Denial> {
    const refusal = this.#options.sync.revocations.refusal(exchange.principal)
    if (refusal !== undefined) return refusal
    if (exchange.route.integration.credential === 'none') return null
    const key = this.#keyOf(exchange)
    const copy = this.#copies.usable(key)
    if (copy === undefined) return this.#wait(exchange, key, credentialOrder(exchange))
    if (this.#copies.asksAgain(copy)) this.#ask(key, credentialOrder(exchange)).catch(() => undefined)
    return copy.credential
  }

  /** A decision that is used again was made of the same principal, operation and targets: of all that the key is made of. */
  #keyOf(exchange: Allowed): string {
    const { decision, principal, inspection: { operation } } = exchange
    const known = this.#keys.get(decision)
    if (known !== undefined && known.principal === principal && known.operation.name === operation.name && sameTargets(known.operation.targets, operation.targets)) return known.key
    const key = localKey(credentialOrder(exchange))
    this.#keys.set(decision, { principal, operation, key })
    return key
  }

  close(): void {
    this.#unsubscribe()
  }

  async #wait(exchange: Allowed, key: string, order: CredentialOrder): Promise<Credential | Denial> {
    const left = clientLeft(exchange.client)
    try {
      const outcome = await abortable(this.#ask(key, order), left.signal, clientGone)
      if (isDenial(outcome)) return this.#withLink(outcome, exchange)
      // Again, since the wait took time: what was revoked meanwhile gets nothing.
      const refusal = this.#options.sync.revocations.refusal(exchange.principal)
      if (refusal !== undefined) return refusal
      return this.#unexpired(outcome)
    } finally {
      left.release()
    }
  }

  /** What only a person can mend says where; the answer may have been made for several who wait, the link is this principal's. */
  #withLink(denial: Denial, { principal, route }: Allowed): Denial {
    if (!MENDED_BY_CONNECTING.has(denial.denial)) return denial
    const link = this.#options.sync.links.connect(principal, route.integration.name)
    return link === undefined ? denial : { ...denial, link }
  }

  /** One question for all who wait for the same; it goes on when one of them leaves. */
  #ask(key: string, order: CredentialOrder): Promise<Credential | Denial> {
    const { sync, timers, timeoutMs } = this.#options
    return this.#flights.run(key, async () => {
      const late = (): Fault => new Fault('authority_unavailable', `no credential came within ${timeoutMs} ms`)
      const outcome = await within(timers, timeoutMs, (signal) => sync.credential(order, signal), late)
      if (!isDenial(outcome)) this.#copies.put(key, outcome)
      return outcome
    })
  }

  #unexpired(credential: Credential): Credential {
    if (this.#options.clock.nowMs() < credential.expiresAtMs) return credential
    throw new Fault('credential_unavailable', 'the credential had ended when it came')
  }
}

function clientGone(): Fault {
  return new Fault('credential_unavailable', 'the client left before the credential came')
}

/** Aborts once the client is gone: nobody waits for the credential then. */
function clientLeft(client: ClientSide): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  const release = client.onClose(abort)
  if (client.gone) abort()
  return { signal: controller.signal, release }
}
