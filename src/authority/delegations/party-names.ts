import type { AgentId, PersonId } from '../../model/ids.ts'
import type { Store } from '../../store/ports/store.ts'
import type { Directory } from '../../sync/contract.ts'
import type { PartyNames } from './delegation-records.ts'

/** The names beside two ids; the agent's id where it has none any more. Never throws: a name is no reason to fail. */
export async function partyNames(
  { agent, person }: { readonly agent: AgentId; readonly person: PersonId }, directory: Pick<Directory, 'agent'>, people: Pick<Store['people'], 'get'>,
): Promise<PartyNames> {
  const known = await people.get(person).catch(() => undefined)
  return { agent: directory.agent(agent)?.name ?? agent, person: known?.name }
}
