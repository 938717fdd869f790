import type { IncomingMessage } from 'node:http'

/** Who sends a request, for counting: the peer's address, or what the load balancer before us says it is. */
export function peerAddress({ headers, socket }: IncomingMessage, behindProxy: boolean): string {
  const forwarded = behindProxy ? headers['x-forwarded-for'] : undefined
  // The last entry is the balancer's own word; what stands before it anybody can send.
  const last = typeof forwarded === 'string' ? forwarded.split(',').at(-1)?.trim() : undefined
  return last ?? socket.remoteAddress ?? 'unknown'
}
