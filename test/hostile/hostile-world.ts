import { createServer, type Server, type Socket } from 'node:net'
import { startAuthorityWorld, approvedRun, type AgentRun, type AuthorityWorld } from '../support/authority-world.ts'
import { TestAgent } from '../support/agent-client.ts'
import { findCanaries, type Place } from '../support/canary.ts'
import { agentRules, policiesWith } from '../support/policies.ts'
import { answerOk, RECORDER_CONSENT, startRecorder, type Recorder } from '../support/recorder.ts'
import { agentPlaces, operatorPlaces, upstreamSecrets } from '../support/visible.ts'

/** A server of the attacker's, at names of its own: every byte that reaches it is kept. */
export interface Attacker {
  readonly port: number
  readonly received: Buffer[]
  connections(): number
  close(): Promise<void>
}

/** The whole product, both planes, its upstreams, an attacker's server, and two people who approved the same agent. */
export interface HostileWorld {
  readonly world: AuthorityWorld
  readonly recorder: Recorder
  readonly attacker: Attacker
  /** Of pr-reviewer for Alice. */
  readonly alice: AgentRun
  /** Of pr-reviewer for Bob, for the frontend alone. */
  readonly bob: AgentRun
  /** Of issue-triage for Alice, who approved less. */
  readonly other: AgentRun
  /** A new agent program with this proof; what it is ever sent is kept. */
  agent(token?: string): TestAgent
  /** Requests that reached any upstream so far. */
  reached(): number
  /** @returns what of any upstream's secrets can be found where it must not be */
  exposed(): Promise<readonly string[]>
  /** As `exposed`, in what one agent was sent. */
  seenBy(agent: TestAgent): readonly string[]
  close(): Promise<void>
}

/** Names that lead to this machine: where the guard does not hold, the attacker is called. */
const RESOLVED = ['127.0.0.1']
const CONSENT = [
  { integration: 'github', scopes: ['pulls:read', 'pulls:write', 'contents:read', 'metadata:read'], targets: ['acme-corp/backend', 'acme-corp/frontend'] },
  { integration: 'slack', scopes: ['chat:write'], targets: ['C0CODEREVIEW'] },
  RECORDER_CONSENT,
]

export async function startHostileWorld(): Promise<HostileWorld> {
  const [recorder, attacker] = [await startRecorder(), await startAttacker()]
  recorder.respond = answerOk
  const world = await startAuthorityWorld({
    personAuthority: false,
    auditMode: 'relaxed',
    config: (text) => recorder.config(text),
    policies: policiesWith({ ...recorder.policies, 'unbound.yaml': agentRules('agent:pr-reviewer',
      '{ id: all-of-it, allow: { integration: github, scopes: ["pulls:write", "contents:read", "metadata:read"], target: "acme-corp/*" } }') }),
    resolve: () => Promise.resolve(RESOLVED),
  })
  const [alice, bob] = [await world.signedIn('alice'), await world.signedIn('bob')]
  const runs = {
    alice: await approvedRun(world, alice, 'pr-reviewer', CONSENT),
    bob: await approvedRun(world, bob, 'pr-reviewer', [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/frontend'] }]),
    other: await approvedRun(world, alice, 'issue-triage', [{ integration: 'github', scopes: ['issues:read'], targets: ['acme-corp/backend'] }]),
  }
  const agents: TestAgent[] = []
  const { github, slack, tickets } = world.upstreams
  return {
    world, recorder, attacker, ...runs,
    agent: (token) => {
      const agent = new TestAgent(world, token)
      agents.push(agent)
      return agent
    },
    reached: () => recorder.requests.length + github.log.total + slack.log.total + tickets.log.total,
    exposed: async () => findCanaries([...(await agentPlaces(world, agents)), ...(await operatorPlaces(world)), ...strangers(world, recorder,
      attacker)].filter(({ bytes }) => bytes.length > 0), upstreamSecrets(world, recorder.secret)),
    seenBy: (agent) => findCanaries([{ name: 'the agent', bytes: Buffer.concat(agent.seen) }], upstreamSecrets(world, recorder.secret)),
    close: async () => {
      for (const agent of agents) agent.close()
      await world.close()
      await recorder.close()
      await attacker.close()
    },
  }
}

/** What reached whoever must get no credential at all. Each upstream's own arrive at itself: the tests look at those by name. */
function strangers({ upstreams }: AuthorityWorld, recorder: Recorder, attacker: Attacker): readonly Place[] {
  const heads = (log: { readonly entries: readonly { readonly rawHeaders: unknown }[] }): string => JSON.stringify(log.entries.map(({ rawHeaders }) => rawHeaders))
  const without = (text: string, own: readonly string[]): string => own.reduce((left, secret) => left.replaceAll(secret, ''), text)
  const { github, slack, tickets } = upstreams
  return [
    { name: 'the attacker’s server', bytes: Buffer.concat(attacker.received) },
    { name: 'the recorder', bytes: without(recorder.received.join('\n'), [recorder.secret]) },
    { name: 'GitHub', bytes: without(heads(github.log), github.canaries()) },
    { name: 'Slack', bytes: without(heads(slack.log), slack.canaries()) },
    { name: 'tickets', bytes: without(heads(tickets.log), tickets.canaries()) },
  ]
}

async function startAttacker(): Promise<Attacker> {
  const received: Buffer[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server: Server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (bytes: Buffer) => {
      received.push(bytes)
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    received,
    connections: () => connections,
    close: () => new Promise((resolve) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => resolve())
    }),
  }
}
