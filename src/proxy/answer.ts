import type { ServerResponse } from 'node:http'
import type { DenialAnswer, DenialView } from '../integrations/integration.ts'
import { CODES, type Code } from '../model/codes.ts'
import type { Denial } from '../model/denial.ts'
import type { DecisionId } from '../model/ids.ts'
import type { Received } from './exchange.ts'

/** What a refused client may know of a denial, or of a fault by its code alone. */
export function viewOf(code: Code, decisionId: DecisionId, denial: Denial | undefined): DenialView {
  const { status, title } = CODES[code]
  return {
    code,
    status,
    title,
    hint: denial?.hint,
    layer: denial?.layer,
    rule: denial?.rule?.id,
    decisionId,
    missingScopes: denial?.missingScopes ?? [],
    link: denial?.link,
    retryAfterSeconds: denial?.retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(denial.retryAfterMs / 1000)),
  }
}

/**
 * Writes a refusal. Where the request's body was not read to its end, the connection ends with the answer:
 * what is left of the body must never be read as a next request.
 */
export function writeAnswer(exchange: Received, answer: DenialAnswer): void {
  const { response, incoming, request } = exchange
  if (response.headersSent || response.destroyed) return
  const unread = request.framing.kind !== 'none' && !incoming.complete
  const body = Buffer.from(answer.body)
  const headers = [...answer.headers, 'content-length', String(body.length)]
  if (unread) headers.push('connection', 'close')
  response.writeHead(answer.status, headers)
  response.end(request.method === 'HEAD' ? undefined : body)
  if (unread) drainBriefly(exchange, response)
}

const LINGER_MS = 1_000
const LINGER_BYTES = 262_144

/** Reads on for a moment, so that the answer is not lost to a reset while the client still sends; then the connection ends. */
function drainBriefly({ incoming }: Received, response: ServerResponse): void {
  let left = LINGER_BYTES
  const end = (): void => {
    clearTimeout(timer)
    incoming.destroy()
  }
  const timer = setTimeout(end, LINGER_MS).unref()
  incoming.on('error', () => undefined)
  incoming.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) end()
  })
  response.once('close', () => clearTimeout(timer))
}
