import type { ConfigText } from '../schema/config-schema.ts'
import type { Check, Finding } from './check.ts'

type Agents = ConfigText['agents']
type ServerText = NonNullable<ConfigText['authority']>['resource_servers'][number]

/** An address is one server's, no other kind of audience's, and its agent can prove that it is it. */
export const checkResourceServers: Check = function* ({ authority, agents }) {
  if (authority === undefined) return
  const first = new Map<string, number>()
  for (const [index, server] of authority.resource_servers.entries()) {
    const at = ['authority', 'resource_servers', index]
    const { resource } = server
    const before = first.get(resource)
    if (before === undefined) first.set(resource, index)
    else yield { at: [...at, 'resource'], problem: `resource_servers[${before}] is at the same address`, expected: 'an address of its own' }
    if (resource === authority.url || resource.startsWith(`${authority.url}/`)) {
      yield { at: [...at, 'resource'], problem: 'a token for it could be taken for one of Postern’s own', expected: 'an address outside of `authority.url`' }
    }
    if (authority.audiences.some(({ audience }) => audience === resource)) {
      yield { at: [...at, 'resource'], problem: 'it is among `authority.audiences` as well', expected: 'one of the two' }
    }
    yield* identityOf(server, agents, at)
  }
}

function* identityOf({ agent }: ServerText, agents: Agents, at: Finding['at']): Iterable<Finding> {
  const registered = agents.find(({ id }) => id === agent)
  if (registered === undefined) {
    yield {
      at: [...at, 'agent'], problem: `${agent} is not among the agents of this file`, expected: 'an agent of `agents`, or one that is registered by the API with a key or a certificate',
      warning: true,
    }
  } else if (registered.public_key === undefined && registered.spiffe === undefined && registered.subject === undefined) {
    yield {
      at: [...at, 'agent'], problem: `${agent} cannot prove that it is this server`, expected: 'a `public_key`, or a `spiffe` id or `subject` of its certificate, at this agent',
    }
  }
}
