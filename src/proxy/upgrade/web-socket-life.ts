import type { Announced } from '../exchange.ts'

/** When a WebSocket ends that nobody ends, and in which words. */
export interface WebSocketLife {
  readonly ms: number
  readonly reason: string
}

/**
 * The shortest of what bounds a WebSocket: what allowed its opening does not allow it for longer than it holds itself. A delegation of our own
 * authority is not among them: it is cut when it ends. Pure.
 * @param totalTimeoutMs 0 for no bound
 * @param nowMs wall clock
 * @returns undefined where nothing bounds it
 */
export function webSocketLife(
  { decision, principal: { delegation }, proofs: { certificate } }: Pick<Announced, 'decision' | 'principal' | 'proofs'>, totalTimeoutMs: number, nowMs: number,
): WebSocketLife | undefined {
  const bounds: WebSocketLife[] = []
  if (totalTimeoutMs > 0) bounds.push({ ms: totalTimeoutMs, reason: 'it was open for as long as any may be' })
  if (decision.expiresInMs !== undefined) bounds.push({ ms: decision.expiresInMs, reason: 'the time of the rule that allowed it is over' })
  if (delegation !== undefined && delegation.standing === undefined) {
    bounds.push({ ms: Math.max(0, delegation.expiresAtMs - nowMs), reason: 'the delegation that it was opened for has ended' })
  }
  if (certificate !== undefined) bounds.push({ ms: Math.max(0, certificate.notAfterMs - nowMs), reason: 'the client certificate that it was opened with has expired' })
  return bounds.toSorted((one, other) => one.ms - other.ms)[0]
}
