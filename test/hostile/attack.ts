import type { TestAgent } from '../support/agent-client.ts'
import type { Answer } from '../support/wire.ts'
import type { HostileWorld } from './hostile-world.ts'

/** One try of an agent that is wholly an attacker's. */
export interface Attack {
  readonly name: string
  /** @returns the last answer */
  readonly run: (agent: TestAgent, world: HostileWorld) => Promise<Answer>
  /** Codes or statuses that are good ends. */
  readonly ends: readonly (string | number)[]
  /** Whether anything may reach the upstream that the request itself names; nothing else ever may. */
  readonly reaches: boolean
  /** Whose token the agent shows; Alice's by default. */
  readonly as: (world: HostileWorld) => string | undefined
}

export interface AttackFamily {
  readonly family: string
  readonly attacks: readonly Attack[]
}

const ALICE = (world: HostileWorld): string => world.alice.access

/** Must end in one of these, and reach nobody. */
export function refused(name: string, ends: string | number | readonly (string | number)[], run: Attack['run'], as: Attack['as'] = ALICE): Attack {
  return { name, run, ends: ([] as (string | number)[]).concat(ends), reaches: false, as }
}

/** May reach the upstream it names, whose answer the agent gets, with nothing of any credential in it. */
export function harmless(name: string, run: Attack['run'], ends: string | number | readonly (string | number)[] = 200, as: Attack['as'] = ALICE): Attack {
  return { name, run, ends: ([] as (string | number)[]).concat(ends), reaches: true, as }
}

/** Runs one attack. @returns what is wrong, or undefined */
export async function runAttack(world: HostileWorld, { run, ends, reaches, as }: Attack): Promise<string | undefined> {
  const agent = world.agent(as(world))
  const before = world.reached()
  const answer = await run(agent, world)
  agent.close()
  const end = answer.code ?? answer.status
  if (!ends.includes(end) && !ends.includes(answer.status)) return `ended in ${answer.status} ${end} ${answer.body.slice(0, 80)}, must be ${ends.join(' or ')}`
  if (!reaches && world.reached() !== before) return 'something reached an upstream'
  const seen = world.seenBy(agent)
  return seen.length > 0 ? `the agent was sent: ${seen.join('; ')}` : undefined
}
