import { causeOf, EgressError } from '../../egress/egress-error.ts'
import { isShutdown, UpstreamError } from '../../egress/upstream-error.ts'
import type { Scrubber } from '../../http/scrub/scrubber.ts'
import { Later } from '../../lib/later.ts'
import type { FaultCode } from '../../model/codes.ts'
import type { Credential } from '../../model/credential.ts'
import { deny, Fault, type Denial } from '../../model/denial.ts'
import type { Principal } from '../../model/principal.ts'
import type { Revocations } from '../../sync/contract.ts'
import type { Announced, Forwarding } from '../exchange.ts'
import type { Cuttable, LiveExchanges } from '../live-exchanges.ts'
import type { WebSocketOutcome } from '../web-socket-dispatcher.ts'
import { AnswerRefused } from './answer-refused.ts'
import { BodyOverrun } from './body-overrun.ts'
import type { Relay, RelayEnd, RelayOwner } from './relay.ts'

interface SendingDependencies {
  readonly revocations: Revocations
  readonly live: LiveExchanges
  /** Told when the upstream answered 401 to a credential of ours. */
  credentialRejected(credential: Credential): void
}

/** One exchange between its dispatch and its end: can be cut meanwhile, and makes of the relay's end what the pipeline is told. */
export class Sending implements Cuttable, RelayOwner, WebSocketOutcome {
  readonly outcome = new Later<Forwarding | Denial>()
  readonly principal: Principal
  readonly integration: string
  readonly #exchange: Announced
  readonly #deps: SendingDependencies
  readonly #scrubber: Scrubber | undefined
  #relay: Relay | undefined
  /** Among what is open, until it is left. */
  #place: number | undefined

  constructor(exchange: Announced, deps: SendingDependencies, scrubber: Scrubber | undefined) {
    this.principal = exchange.principal
    this.integration = exchange.route.integration.name
    this.#exchange = exchange
    this.#deps = deps
    this.#scrubber = scrubber
  }

  begin(relay: Relay): void {
    this.#relay = relay
    this.#place = this.#deps.live.enter(this)
  }

  cut(): () => void {
    return this.#relay?.cut() ?? NOTHING_LEFT
  }

  relayed(end: RelayEnd): void {
    this.#leave()
    const { credential } = this.#exchange
    try {
      if (end.kind === 'complete' && end.status === 401 && credential !== null) this.#deps.credentialRejected(credential)
      this.outcome.resolve(this.#conclude(end))
    } catch (error) {
      this.outcome.reject(error)
    }
  }

  /** A WebSocket was opened, and is carried on by others. */
  opened(): void {
    this.release()
  }

  /** Nothing comes of it here any more. */
  release(): void {
    this.#relay?.release()
    this.#leave()
  }

  ended(forwarding: Forwarding): void {
    this.outcome.resolve(forwarding)
  }

  #leave(): void {
    if (this.#place === undefined) return
    this.#deps.live.leave(this.#place)
    this.#place = undefined
  }

  /** @throws Fault where the upstream, or the way to it, failed before anything reached the client */
  #conclude(end: RelayEnd): Forwarding | Denial {
    const hits = this.#scrubber?.hits ?? 0
    const bytes = { bytesIn: this.#relay?.bytesIn ?? 0, bytesOut: this.#relay?.bytesOut ?? 0, scrubbed: hits === 0 ? undefined : hits }
    switch (end.kind) {
      case 'complete':
        return { ...bytes, status: end.status, outcome: 'ok', reason: undefined }
      case 'broken':
        if (isShutdown(end.error)) return { ...bytes, status: end.status, outcome: 'aborted', reason: 'the proxy shut down, and the time to drain was over' }
        return { ...bytes, status: end.status, outcome: end.by, reason: end.by === 'failed' ? wordsOf(end.error) : undefined }
      case 'unanswered': {
        if (end.by === 'revoked') return this.#deps.revocations.refusal(this.principal) ?? deny('agent_revoked', 'revoked while the call was under way')
        if (end.error instanceof BodyOverrun) return deny('body_too_large', end.error.message, { layer: 'agent_permissions' })
        if (end.error instanceof UpstreamError && end.error.code === 'upstream_busy') return deny('overloaded', end.error.message, { retryAfterMs: 1_000 })
        // The pools end last, after the drain: what is still open then is cut by us, not by the upstream.
        if (isShutdown(end.error)) return deny('draining', 'the proxy shut down before the upstream answered')
        if (end.error instanceof EgressError && end.error.code === 'address_refused') return deny('address_refused', end.error.message)
        throw new Fault(faultCodeOf(end.error), wordsOf(end.error), { cause: end.error })
      }
    }
  }
}

const NOTHING_LEFT = (): void => undefined

function faultCodeOf(error: Error): FaultCode {
  if (error instanceof EgressError && error.code !== 'address_refused') return error.code
  return error instanceof UpstreamError && error.code === 'answer_timeout' ? 'upstream_timeout' : 'upstream_broken'
}

/** Our own sentence or the system's code: never an upstream's text. */
function wordsOf(error: Error): string {
  if (error instanceof AnswerRefused || error instanceof BodyOverrun) return error.message
  const cause = causeOf(error)
  if (error instanceof EgressError || error instanceof UpstreamError) return cause === undefined ? error.message : `${error.message} (${cause})`
  return `the upstream connection broke (${cause ?? 'unknown'})`
}
