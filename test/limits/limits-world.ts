import { agentRules } from '../support/policies.ts'
import { startStage, type Stage, type StageOptions } from '../support/stage.ts'

const OTHER_AGENT = 'agent:issue-triage'

/** The product with small bounds, and a second agent that may use the recorder, too. */
export function startLimitsStage(limits: string, options: Pick<StageOptions, 'policies' | 'config'> = {}): Promise<Stage> {
  return startStage({
    config: (text, upstreams) => (options.config?.(text, upstreams) ?? text).replace('limits: { drain_timeout: 500ms }', `limits: { drain_timeout: 500ms, ${limits} }`),
    policies: { 'other.yaml': agentRules(OTHER_AGENT, '{ id: recorder, allow: { integration: recorder } }'), ...options.policies },
  })
}

/** The second agent's wish for a token. */
export const OTHER = { agent: OTHER_AGENT } as const

/** Polls what happens soon. */
export async function eventually(holds: () => boolean, withinMs = 5_000): Promise<void> {
  for (const endsMs = performance.now() + withinMs; !holds();) {
    if (performance.now() > endsMs) throw new Error(`did not hold within ${withinMs} ms: ${holds.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
