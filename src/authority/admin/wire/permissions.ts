import { z } from '@hono/zod-openapi'
import type { RuleDescription } from '../../../policy/describe.ts'
import { rateLimit, limitView } from './rate-limit.ts'

const words = z.array(z.string()).optional()

/** What a rule matches; what it leaves out, it does not look at. */
const match = z.object({
  integration: words, scopes: words, access: z.array(z.enum(['read', 'write', 'admin'])).optional(), operation: words, route: words, target: words,
  agent: words, person: words, group: words,
  without_person: z.boolean().optional().openapi({ description: 'true: only calls that the agent makes for itself' }),
  when: z.string().optional().openapi({ description: 'a CEL expression; one that speaks of agents or persons only operators and auditors are told' }),
})

const rule = z.object({
  id: z.string(),
  layer: z.enum(['org', 'agent']),
  effect: z.enum(['allow', 'deny', 'ask']),
  match,
  expires_in_s: z.number().nullable().openapi({ description: 'how long a credential lives at most, in seconds' }),
  limits: z.array(rateLimit),
  because: z.string().nullable(),
  file: z.string(),
  line: z.number().int(),
}).openapi('PermissionRule')

/** What policy says of one agent. */
export const permissions = z.object({
  agent: z.string(),
  default: z.literal('deny').openapi({ description: 'what no rule of the agent’s own allows' }),
  policy_file: z.string().nullable().openapi({ description: 'the first file that is for this agent; null where there is none: it may nothing' }),
  rules: z.array(rule).openapi({ description: 'its own, then those of the organisation that can concern it' }),
}).openapi('Permissions')

export type PermissionsView = z.infer<typeof permissions>

/** The rules as they are answered. */
export function permissionsView(agent: string, rules: readonly RuleDescription[], policyFile: string | undefined): PermissionsView {
  return { agent, default: 'deny', policy_file: policyFile ?? null, rules: rules.map(ruleView) }
}

function ruleView({ id, layer, effect, match: text, expiresInMs, limits, because, file, line }: RuleDescription): PermissionsView['rules'][number] {
  return {
    id, layer, effect, match: matchView(text), expires_in_s: expiresInMs === undefined ? null : expiresInMs / 1000, limits: limits.map(limitView),
    because: because ?? null, file, line,
  }
}

function matchView({ integration, scopes, access, operation, route, target, agent, person, group, ...plain }: RuleDescription['match']): PermissionsView['rules'][number]['match'] {
  const lists = Object.entries({ integration, scopes, access, operation, route, target, agent, person, group })
  return { ...Object.fromEntries(lists.flatMap(([key, list]) => (list === undefined ? [] : [[key, [...list]]]))), ...plain }
}
