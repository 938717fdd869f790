import { bodyNeed, inspectBody } from '../../integrations/inspect-body.ts'
import type { Timers } from '../../lib/timers.ts'
import { deny, type Denial } from '../../model/denial.ts'
import type { BodyNeed } from '../../policy/request-reading.ts'
import type { Inspection, Routed, Stage } from '../exchange.ts'
import { BodyBudget, type BodyShare } from './body-budget.ts'
import { readBody } from './read-body.ts'

/** The bounds on what is read. */
export interface InspectOptions {
  readonly timers: Timers
  /** The largest body that is read in order to be judged. */
  readonly maxBodyBytes: number
  /** For the whole body to arrive. */
  readonly timeoutMs: number
  /** All bodies under inspection together. */
  readonly maxTotalBytes: number
}

/** No agent takes more than this part of all: its slow bodies must not be everybody's wait. */
const SHARE_PER_AGENT = 0.25

/**
 * Reads the body where the catalogue or a rule has to look at it, and finds the whole operation. Synchronous where there is nothing to read;
 * what nobody looks at streams on untouched.
 */
export function inspectStage(options: InspectOptions): Stage<Routed, 'inspection', Inspection> {
  const { maxTotalBytes, maxBodyBytes } = options
  const budget = new BodyBudget(maxTotalBytes, Math.max(maxBodyBytes, maxTotalBytes * SHARE_PER_AGENT))
  return {
    name: 'inspect',
    adds: 'inspection',
    run(exchange) {
      const { route, snapshot, principal } = exchange
      const need = bodyNeed(route, route.request, () => snapshot.needsBody(principal, route.match.operation))
      if (need === 'none') return { operation: route.match.operation, body: undefined }
      const { framing } = route.request
      if (framing.kind === 'none') return inspectBody(route, route.request, need, Buffer.alloc(0), maxBodyBytes)
      if (framing.kind === 'length' && framing.bytes > maxBodyBytes) return deny('body_too_large', `more than ${maxBodyBytes} bytes`)
      if (exchange.client.gone) return deny('request_malformed', 'the client left before the body')
      const share = budget.take(principal.agent, framing.kind === 'length' ? framing.bytes : maxBodyBytes)
      if (share === undefined) return deny('overloaded', 'too many bodies are being inspected', { retryAfterMs: 1_000 })
      // The bytes live until the exchange is over, whatever becomes of it.
      exchange.client.onClose(() => share.release())
      return read(exchange, need, share, options)
    },
  }
}

async function read(exchange: Routed, need: Exclude<BodyNeed, 'none'>, share: BodyShare, options: InspectOptions): Promise<Inspection | Denial> {
  exchange.client.sendContinue()
  const { maxBodyBytes, timeoutMs, timers } = options
  const bytes = await readBody(exchange.client.body, { maxBytes: maxBodyBytes, timeoutMs }, timers)
  if (!Buffer.isBuffer(bytes)) return bytes
  share.keep(bytes.length)
  return inspectBody(exchange.route, exchange.route.request, need, bytes, maxBodyBytes)
}
