import { mapBounded } from '../../../lib/map-bounded.ts'
import type { PersonId } from '../../../model/ids.ts'
import type { Connection } from '../../../store/ports/connections.ts'
import type { StoredDelegation } from '../../../store/ports/delegations.ts'
import { connectUrl } from '../../connections/connect-url.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { ConnectionFacts } from '../wire/connection.ts'
import { scopeStanding } from './scope-standing.ts'

const OWNERS_AT_ONCE = 4
const PART = 200
/** More of one person than anybody has; beyond, it is told that not all was looked at. */
const MOST_OF_ONE_OWNER = 2_000

export interface ConnectionFactsDeps extends Pick<AdminDeps, 'integrations' | 'directory' | 'origin' | 'clock'> {
  readonly store: Pick<AdminDeps['store'], 'delegations'>
}

interface Live {
  readonly delegations: readonly StoredDelegation[]
  readonly complete: boolean
}

const NONE: Live = { delegations: [], complete: true }

/** Looks up what each of these connections is used for. @param viewer only its owner is told where to consent anew @throws StoreError */
export async function connectionFacts(page: readonly Connection[], viewer: PersonId, deps: ConnectionFactsDeps): Promise<(stored: Connection) => ConnectionFacts> {
  const owners = [...new Set(page.flatMap(({ owner }) => (owner === 'organisation' ? [] : [owner])))]
  const live = new Map<string, Live>(await mapBounded(owners, OWNERS_AT_ONCE, async (owner) => [owner, await liveOf(owner, deps)] as const))
  return (stored) => factsOf(stored, live.get(stored.owner) ?? NONE, viewer, deps)
}

function factsOf(stored: Connection, { delegations, complete }: Live, viewer: PersonId, { integrations, directory, origin }: ConnectionFactsDeps): ConnectionFacts {
  const integration = integrations.get(stored.integration)
  const bound = delegations.flatMap(({ id, agent, access }) => access.filter(({ connection }) => connection === stored.id).map(({ scopes }) => ({ id, agent, scopes })))
  const using = new Map(bound.map((each) => [each.id, each]))
  return {
    integration,
    standing: scopeStanding(stored, integration, bound.flatMap(({ scopes }) => scopes), complete),
    usedBy: [...using.values()].map(({ id, agent }) => ({ delegation: id, agent, agentName: directory.agent(agent)?.name })),
    connectUrl: integration?.connectable === true && stored.owner === viewer && stored.state !== 'revoked' ? consentAnew(stored, origin) : undefined,
  }
}

/** With its name, so that another account does not take its place, but is told that the name is taken. */
function consentAnew({ integration, label }: Connection, origin: string): string {
  return `${connectUrl(origin, integration)}?${new URLSearchParams({ return: '/connections', label }).toString()}`
}

async function liveOf(person: PersonId, { store, clock }: ConnectionFactsDeps): Promise<Live> {
  const delegations: StoredDelegation[] = []
  let after: string | undefined
  do {
    const part = await store.delegations.list({ person, state: 'active' }, { limit: PART, after })
    delegations.push(...part.items.filter(({ expiresAtMs }) => clock.nowMs() < expiresAtMs))
    after = part.next
  } while (after !== undefined && delegations.length < MOST_OF_ONE_OWNER)
  return { delegations, complete: after === undefined }
}
