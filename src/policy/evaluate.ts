import { type Decision, type Layer, type LayerResult, type RateLimit } from '../model/decision.ts'
import type { ConsentLayer } from './consent.ts'
import { judgeLayer, viewLayer, type LayerOutcome, type LayerView } from './layer.ts'
import { operationName } from './reasons.ts'
import { NO_RULES, type Rule } from './rule.ts'
import type { CompiledPolicies } from './compiled-policies.ts'
import type { EvaluationInput } from './snapshot.ts'

/**
 * Which of several refusing layers is told: consent last, since a person who is sent to approve what policy refuses anyway can only be shown
 * that.
 */
const DECIDING: readonly Layer[] = ['org_policy', 'agent_permissions', 'user_consent']

/** How one alternative of the operation's scopes fares in all three layers. */
interface Verdict {
  readonly alternative: readonly string[]
  readonly org: LayerOutcome
  readonly consent: LayerResult
  readonly agent: LayerOutcome
}

/**
 * Evaluates the three layers: all must allow, and all on the same alternative of the operation's scopes; the first such
 * one is decided. Where there is none, the decision tells the alternative that came nearest.
 * Pure. Never throws: an evaluation that breaks is a denial.
 */
export function evaluate(policies: CompiledPolicies, consent: ConsentLayer, given: EvaluationInput): Decision {
  try {
    const input = withTargets(given)
    const verdicts = judgeAlternatives(policies, consent, input)
    return decisionOf(policies.hash, verdicts.reduce((best, verdict) => (rank(verdict) > rank(best) ? verdict : best)), input)
  } catch {
    return brokenDecision(policies.hash)
  }
}

/** "All of no names" would be covered by anything, and "any of them" by nothing: such targets are not resolved. */
function withTargets(input: EvaluationInput): EvaluationInput {
  const { operation } = input
  if (operation.targets.kind !== 'named' || operation.targets.names.length > 0) return input
  return { ...input, operation: { ...operation, targets: { kind: 'unresolved', reason: 'no name was found' } } }
}

function judgeAlternatives(policies: CompiledPolicies, consent: ConsentLayer, input: EvaluationInput): readonly [Verdict, ...Verdict[]] {
  const { operation, principal } = input
  const org = viewLayer('org policy', policies.org.rules.get(operation.integration) ?? NO_RULES, policies.org.default, input)
  const agentRules = policies.agents.get(principal.agent)
  const agent = viewLayer(principal.agent, agentRules?.get(operation.integration) ?? NO_RULES, 'deny', input)
  const judge = (alternative: readonly string[]) => judgeAlternative(org, agent, consent, input, alternative)
  const [first, ...others] = operation.alternatives
  if (first === undefined) return [withoutAlternative(judge([]), input)]
  if (agentRules === undefined) return [withoutPolicy(judge(first), input)]
  const verdicts: [Verdict, ...Verdict[]] = [judge(first)]
  for (const alternative of others) {
    if (effectOf(verdicts.at(-1) ?? verdicts[0]) === 'allow') break
    verdicts.push(judge(alternative))
  }
  return verdicts
}

function judgeAlternative(org: LayerView, agent: LayerView, consent: ConsentLayer, input: EvaluationInput, alternative: readonly string[]): Verdict {
  const orgOutcome = judgeLayer(org, input, alternative)
  const lent = orgOutcome.bounding.find((rule) => rule.effect === 'allow' && rule.withoutPerson === true)
  return {
    alternative,
    org: orgOutcome,
    consent: consent.judge(input, alternative, lent),
    agent: judgeLayer(agent, input, alternative),
  }
}

/** No known set of scopes suffices, so that nobody can have allowed it, whatever the rules leave out. */
function withoutAlternative(verdict: Verdict, input: EvaluationInput): Verdict {
  return withAgentDenial(verdict, `It is not known which scopes ${operationName(input)} needs, so no rule can allow it.`)
}

function withoutPolicy(verdict: Verdict, input: EvaluationInput): Verdict {
  return withAgentDenial(verdict, `No policy file is for ${input.principal.agent}; an agent has only what its own policy allows.`)
}

function withAgentDenial(verdict: Verdict, reason: string): Verdict {
  if (verdict.agent.result.rule !== undefined && verdict.agent.result.effect === 'deny') return verdict
  return { ...verdict, agent: { result: { effect: 'deny', reason, rule: undefined }, bounding: [] } }
}

function effectOf({ org, consent, agent }: Verdict): Decision['effect'] {
  const effects = [org.result.effect, consent.effect, agent.result.effect]
  if (effects.includes('deny')) return 'deny'
  return effects.includes('ask') ? 'ask' : 'allow'
}

/** Allow before ask before deny; of denials the one that most layers allow. */
function rank(verdict: Verdict): number {
  const allowing = [verdict.org.result, verdict.consent, verdict.agent.result].filter((result) => result.effect !== 'deny').length
  const effect = effectOf(verdict)
  return effect === 'allow' ? 20 : effect === 'ask' ? 10 : allowing
}

function decisionOf(policyHash: string, verdict: Verdict, input: EvaluationInput): Decision {
  const { org, consent, agent } = verdict
  const effect = effectOf(verdict)
  const layers = { org_policy: org.result, user_consent: consent, agent_permissions: agent.result }
  const decidedBy: Layer = effect === 'allow' ? 'agent_permissions' : DECIDING.find((layer) => layers[layer].effect === effect) ?? 'agent_permissions'
  const bounding = effect === 'deny' ? [] : [...org.bounding, ...agent.bounding]
  return {
    effect, layers, decidedBy, rule: layers[decidedBy].rule,
    scopes: effect === 'deny' ? [] : verdict.alternative,
    expiresInMs: smallest(bounding.flatMap((rule) => rule.expiresInMs ?? [])),
    limits: bounding.flatMap((rule) => limitOf(rule, input)),
    maxBodyBytes: smallest(bounding.flatMap((rule) => rule.maxBodyBytes ?? [])),
    authority: effect !== 'deny' && org.bounding.some((rule) => rule.lendsAuthority) ? 'organisation' : 'person',
    release: effect !== 'deny' && org.bounding.some((rule) => rule.releases),
    policyHash,
  }
}

function smallest(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.min(...values)
}

function limitOf(rule: Rule, { principal }: EvaluationInput): readonly RateLimit[] {
  if (rule.rate === undefined) return []
  return [{ key: `${principal.agent} ${rule.reference.id}`, requests: rule.rate.requests, perMs: rule.rate.perMs }]
}

function brokenDecision(policyHash: string): Decision {
  const reason = 'The evaluation itself broke, which counts as a denial; this is a defect of Postern.'
  const result: LayerResult = { effect: 'deny', reason, rule: undefined }
  return {
    effect: 'deny', layers: { org_policy: result, user_consent: result, agent_permissions: result }, decidedBy: 'org_policy',
    rule: undefined, scopes: [], expiresInMs: undefined, limits: [], authority: 'person', release: false, policyHash,
  }
}
