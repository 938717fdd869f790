import { isDenial, type Denial } from '../../model/denial.ts'
import type { AgentId } from '../../model/ids.ts'
import type { HeldConnection } from '../connection-places.ts'
import type { AgentUse, Identified, Received, Stage } from '../exchange.ts'
import type { Admission } from './admission.ts'
import type { ConnectionSlots } from './connection-slots.ts'

/**
 * Takes one exchange's place for its agent, who is known by now, and its connection's where that is nobody's yet; or sheds it.
 * Synchronous; allocates nothing where there is room.
 */
export function admitStage(admission: Admission, slots: ConnectionSlots): Stage<Identified, 'admission', AgentUse> {
  return {
    name: 'admit',
    adds: 'admission',
    run: ({ principal, place }): AgentUse | Denial => slots.prove(place, principal.agent) ?? admission.beginExchange(principal.agent),
  }
}

/**
 * Gives the place of an exchange back once nothing of it is left: its stages have ended, and the client has taken the answer or has gone. What
 * a slow reader leaves in memory counts as its agent's until then. To be called once, when the stages have ended.
 */
export function endAdmission(admission: Admission, { admission: use, client }: Received & { readonly admission?: AgentUse }): void {
  if (use === undefined) return
  if (client.gone) admission.endExchange(use)
  else client.onClose(() => admission.endExchange(use))
}

/** Takes a tunnel's place, and its connection's, for the agent that asks for it; both are given back when the connection closes. */
export function admitTunnel(admission: Admission, slots: ConnectionSlots, connection: HeldConnection, agent: AgentId): Denial | undefined {
  const shed = slots.prove(connection.place, agent)
  if (shed !== undefined) return shed
  const use = admission.beginTunnel(agent)
  if (isDenial(use)) return use
  connection.onClose(() => admission.endTunnel(use))
  return undefined
}
