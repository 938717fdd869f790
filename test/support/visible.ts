import { readFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import { findCanaries, type Canary, type Place } from './canary.ts'
import type { PosternWorld } from './postern-world.ts'
import type { TestAgent } from './agent-client.ts'

/** Everything that an agent of this world was sent or could read beside its sockets: its environment's files. */
export async function agentPlaces(world: PosternWorld, agents: readonly TestAgent[]): Promise<readonly Place[]> {
  const sent = agents.map((agent, at): Place => ({ name: `what agent ${at + 1} was sent`, bytes: Buffer.concat(agent.seen) }))
  return [...sent, { name: 'the trust bundle', bytes: await readFile(world.bundle) }, { name: 'the environment', bytes: JSON.stringify(process.env) }]
}

/** Everything that people who run Postern look at. */
export async function operatorPlaces(world: PosternWorld): Promise<readonly Place[]> {
  const authorization = { authorization: `Bearer ${world.operationsToken}` }
  const page = async (path: string, headers: Record<string, string>): Promise<Place> => {
    const response = await fetch(`${world.operationsUrl}${path}`, { headers })
    return { name: `${path}${headers['authorization'] === undefined ? '' : ' with the token'}`, bytes: await response.text() }
  }
  return [
    { name: 'the audit', bytes: await world.auditText() },
    { name: 'the log', bytes: world.logText() },
    await page('/metrics', authorization),
    await page('/readyz', authorization),
    await page('/readyz', {}),
    await page('/healthz', {}),
    { name: 'the configuration, printed', bytes: `${inspect(world.config, { depth: 12 })}\n${JSON.stringify(world.config)}` },
    { name: 'the configuration’s file', bytes: await readFile(world.configFile) },
  ]
}

/** Every secret of the upstreams, those that were issued while the test ran included. */
export function upstreamSecrets(world: PosternWorld, ...more: readonly string[]): readonly Canary[] {
  return [...world.upstreams.canaries(), ...more].map((value, at) => ({ name: `upstream secret ${at + 1}`, value }))
}

/** Looks for every upstream secret in everything. @returns the findings, none of which holds a secret */
export async function exposedSecrets(world: PosternWorld, agents: readonly TestAgent[], ...more: readonly string[]): Promise<readonly string[]> {
  return findCanaries([...(await agentPlaces(world, agents)), ...(await operatorPlaces(world))], upstreamSecrets(world, ...more))
}
