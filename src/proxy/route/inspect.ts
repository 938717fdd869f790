import type { InspectedBody } from '../../http/body.ts'
import { parseBody } from '../../http/body-parse.ts'
import type { CanonicalRequest } from '../../http/request.ts'
import type { Match } from '../../integrations/integration.ts'
import type { Timers } from '../../lib/timers.ts'
import { deny, isDenial, type Denial } from '../../model/denial.ts'
import type { Inspection, Routed, Stage } from '../exchange.ts'
import { BodyBudget, type BodyShare } from './body-budget.ts'
import { refusedBody } from './client-credentials.ts'
import { overrideInBody } from './method-override.ts'
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
      const need = bodyNeed(exchange)
      if (need === 'none') return { operation: exchange.route.match.operation, body: undefined }
      const { framing } = exchange.route.request
      if (framing.kind === 'none') return inspected(exchange, need, Buffer.alloc(0), maxBodyBytes)
      if (framing.kind === 'length' && framing.bytes > maxBodyBytes) return deny('body_too_large', `more than ${maxBodyBytes} bytes`)
      if (exchange.response.destroyed) return deny('request_malformed', 'the client left before the body')
      const share = budget.take(exchange.principal.agent, framing.kind === 'length' ? framing.bytes : maxBodyBytes)
      if (share === undefined) return deny('overloaded', 'too many bodies are being inspected', { retryAfterMs: 1_000 })
      // The bytes live until the exchange is over, whatever becomes of it.
      exchange.response.once('close', () => share.release())
      return read(exchange, need, share, options)
    },
  }
}

/** `strict`: somebody judges its content. `names`: only the names of its fields are looked through, for a credential of the client's. */
type BodyNeed = 'none' | 'names' | 'strict'

function bodyNeed({ route, snapshot, principal }: Routed): BodyNeed {
  const { match, request, integration } = route
  if (match.inspect !== undefined || snapshot.needsBody(principal, match.operation)) return 'strict'
  return mayCarryCredential(request, integration.credentialFields) ? 'names' : 'none'
}

/** RFC 6750 section 2.2: a form is where clients put credentials of their own, whatever the operation. */
function mayCarryCredential({ contentType, framing }: CanonicalRequest, credentialFields: readonly string[]): boolean {
  return contentType === 'application/x-www-form-urlencoded' && framing.kind !== 'none' && credentialFields.length > 0
}

async function read(exchange: Routed, need: BodyNeed, share: BodyShare, options: InspectOptions): Promise<Inspection | Denial> {
  exchange.sendContinue?.()
  const { maxBodyBytes, timeoutMs, timers } = options
  const bytes = await readBody(exchange.incoming, { maxBytes: maxBodyBytes, timeoutMs }, timers)
  if (!Buffer.isBuffer(bytes)) return bytes
  share.keep(bytes.length)
  return inspected(exchange, need, bytes, maxBodyBytes)
}

function inspected({ route }: Routed, need: BodyNeed, bytes: Buffer, maxBodyBytes: number): Inspection | Denial {
  const body = need === 'strict' ? parseBody(route.request, bytes, maxBodyBytes) : unjudgedForm(route.request, bytes)
  if (isDenial(body)) return body
  const refused = overrideInBody(body) ?? refusedBody(body, route.integration)
  if (refused !== undefined) return refused
  return withOperation(route.match, body)
}

/** Its values are nobody's business, and a name may stand there twice, as some APIs have it; but its names must be readable. */
function unjudgedForm({ headers }: CanonicalRequest, bytes: Buffer): InspectedBody | Denial {
  const coded = headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'content-encoding')
  return coded ? deny('body_refused', 'a form with a content coding') : { bytes, format: 'form', value: undefined }
}

function withOperation({ inspect, operation }: Match, body: InspectedBody): Inspection | Denial {
  if (inspect === undefined) return { operation, body }
  const whole = inspect(body)
  return isDenial(whole) ? whole : { operation: whole, body }
}
