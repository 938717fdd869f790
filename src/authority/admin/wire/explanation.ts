import { z } from '@hono/zod-openapi'
import { CODES } from '../../../model/codes.ts'
import type { LayerResult } from '../../../model/decision.ts'
import type { Targets } from '../../../model/operation.ts'
import type { Explanation } from '../../../policy/explain.ts'
import { MAX_EXPLAINED_URL } from '../../../policy/explain.ts'
import { agentId, delegationId, personId } from './ids.ts'
import { limitView, rateLimit } from './rate-limit.ts'

/** A request that is only thought of. */
export const explainBody = z.strictObject({
  agent: agentId,
  request: z.string().max(MAX_EXPLAINED_URL).regex(/^[A-Z]{3,10} https?:\/\/[\x21-\x7e]+$/, 'it is a method and an absolute URL')
    .openapi({ description: 'a method and an absolute URL, as in policy tests', example: 'GET https://api.github.com/repos/acme-corp/backend/pulls/42' }),
  body: z.record(z.string(), z.unknown()).optional(),
  content_type: z.enum(['application/json', 'application/x-www-form-urlencoded']).optional().openapi({ description: 'default: application/json' }),
  person: personId.nullable().optional().openapi({ description: 'for whom; without a delegation this person is taken to have approved all that is asked' }),
  delegation: delegationId.nullable().optional().openapi({ description: 'judged by this delegation, as it stands' }),
  groups: z.array(z.string().min(1).max(256)).max(200).optional().openapi({ description: 'the person’s; default: those of their last sign-in' }),
}).openapi('ExplainBody')

const reference = z.object({ id: z.string(), file: z.string(), line: z.number().int() }).openapi('RuleReference')

const layer = z.object({
  effect: z.enum(['allow', 'deny', 'ask', 'not_applicable']), reason: z.string(), rule: reference.nullable(),
}).openapi('LayerResult')

const targets = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('named'), names: z.array(z.string()) }),
  z.object({ kind: z.literal('unresolved'), reason: z.string() }),
])

const unmatched = z.object({
  matched: z.literal(false), code: z.string(), title: z.string(), detail: z.string(),
}).openapi('Unmatched', { description: 'refused before any rule is asked' })

const decided = z.object({
  matched: z.literal(true),
  effect: z.enum(['allow', 'deny', 'ask']),
  decided_by: z.enum(['org_policy', 'user_consent', 'agent_permissions']),
  sentence: z.string(),
  operation: z.object({
    integration: z.string(), name: z.string(), access: z.enum(['read', 'write', 'admin']),
    scopes: z.array(z.array(z.string())).openapi({ description: 'any one of these sets suffices' }),
    targets,
  }),
  layers: z.object({ org_policy: layer, user_consent: layer, agent_permissions: layer }),
  scopes: z.array(z.string()).openapi({ description: 'what a credential would carry' }),
  expires_in_s: z.number().nullable(),
  limits: z.array(rateLimit.extend({ rule: z.string() })).openapi({ description: 'not counted here' }),
  authority: z.enum(['person', 'organisation']),
  consent: z.enum(['delegation', 'assumed', 'none']).openapi({ description: '`assumed`: nobody approved anything; `none`: the agent acts for itself' }),
  policy_hash: z.string(),
}).openapi('Decided')

/** What would become of it, and why. */
export const explanation = z.discriminatedUnion('matched', [unmatched, decided]).openapi('Explanation')

export type ExplainBody = z.input<typeof explainBody>
export type ExplanationView = z.infer<typeof explanation>

/** The explanation as it is answered. */
export function explanationView(told: Explanation): ExplanationView {
  if (!told.matched) return { matched: false, code: told.refused.denial, title: CODES[told.refused.denial].title, detail: told.refused.hint ?? told.refused.detail }
  const { decision, operation, sentence, consent } = told
  const { org_policy, user_consent, agent_permissions } = decision.layers
  return {
    matched: true, effect: decision.effect, decided_by: decision.decidedBy, sentence,
    operation: {
      integration: operation.integration, name: operation.name, access: operation.access,
      scopes: operation.alternatives.map((scopes) => [...scopes]), targets: targetsView(operation.targets),
    },
    layers: { org_policy: layerView(org_policy), user_consent: layerView(user_consent), agent_permissions: layerView(agent_permissions) },
    scopes: [...decision.scopes],
    expires_in_s: decision.expiresInMs === undefined ? null : decision.expiresInMs / 1000,
    limits: told.limits.map(({ rule, ...rate }) => ({ ...limitView(rate), rule })),
    authority: decision.authority, consent, policy_hash: decision.policyHash,
  }
}

function layerView({ effect, reason, rule }: LayerResult): z.infer<typeof layer> {
  return { effect, reason, rule: rule === undefined ? null : { id: rule.id, file: rule.file, line: rule.line } }
}

function targetsView(of: Targets): z.infer<typeof targets> {
  switch (of.kind) {
    case 'none': return { kind: 'none' }
    case 'named': return { kind: 'named', names: [...of.names] }
    case 'unresolved': return { kind: 'unresolved', reason: of.reason }
  }
}
