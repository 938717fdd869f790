import { newId } from '../../src/model/ids.ts'
import type { Operation } from '../../src/model/operation.ts'
import type { Principal } from '../../src/model/principal.ts'
import type { Inspected } from '../../src/proxy/exchange.ts'
import { github, principal, request, slack, snapshotOf } from '../policy/fixtures.ts'

export const clock = { atMs: 0, nowMs: () => 1000, monotonicMs: () => clock.atMs }

/** The part of an exchange that the stage reads. */
export function exchangeOf(yaml: string, of: Operation, who: Principal = principal()): Inspected {
  const part = {
    id: newId('dec'), snapshot: snapshotOf(yaml), principal: who,
    // As in reverse mode: the received request names the proxy, the route's the upstream.
    request: { ...request(), host: 'proxy.example', path: '/prefixed' },
    route: { request: request(), integration: { vocabulary: of.integration === 'slack' ? slack : github } }, inspection: { operation: of, body: undefined },
  }
  return part as unknown as Inspected
}
