import type { AgentId } from '../model/ids.ts'
import type { CompiledRule } from './compile-rule.ts'
import { layerNameOf } from './document.ts'
import { anyMatches, type Rate, type Rule, type RuleEffect } from './rule.ts'
import type { MatchText } from './schema.ts'

/** One rule in its author's words, and where it stands. */
export interface RuleDescription {
  /** `pr-reviewer/review`. */
  readonly id: string
  readonly layer: 'org' | 'agent'
  readonly effect: RuleEffect
  readonly match: MatchText
  readonly expiresInMs: number | undefined
  readonly limits: readonly Rate[]
  readonly because: string | undefined
  readonly file: string
  readonly line: number
}

/** For whom the rules that speak of persons are left in. */
export interface Viewer {
  readonly person: string
  readonly groups: readonly string[]
}

/** Tells a rule as it was loaded. Pure. */
export function describeRule(rule: CompiledRule): RuleDescription {
  const { text, document, effect, match, index } = rule
  const { file, line } = document.source.positionOf(['rules', index, 'id'], 'key')
  const compiled = anyOf(rule)
  return {
    id: `${layerNameOf(document.text)}/${text.id}`, layer: document.text.policy, effect, match, file, line, because: text.because,
    expiresInMs: compiled?.expiresInMs, limits: compiled?.rate === undefined ? [] : [compiled.rate],
  }
}

/**
 * The rules that can have a say in what an agent does: all of its own policy, and those of the organisation that do not name other agents. Pure.
 * @param viewer who sees none of the rules that are about other persons or groups alone, nor whom else a rule names; undefined sees all
 */
export function rulesFor(agent: AgentId, rules: readonly CompiledRule[], viewer: Viewer | undefined): readonly RuleDescription[] {
  const concerning = rules.filter((rule) => concernsAgent(rule, agent) && (viewer === undefined || concernsViewer(rule, viewer)))
  const told = concerning.map((rule) => (viewer === undefined ? describeRule(rule) : withoutOthers(rule)))
  return [...told.filter(({ layer }) => layer === 'agent'), ...told.filter(({ layer }) => layer === 'org')]
}

/** Whom else a rule is about is not everybody's to know. */
function withoutOthers(rule: CompiledRule): RuleDescription {
  const { agent: _agent, person: _person, group: _group, when, ...match } = rule.match
  const mayBeTold = when !== undefined && anyOf(rule)?.condition?.namesSomebody === false
  return { ...describeRule(rule), match: mayBeTold ? { ...match, when } : match }
}

/** The first file that holds a policy of the agent's own; undefined where there is none. Pure. */
export function policyFileOf(agent: AgentId, documents: readonly CompiledRule['document'][]): string | undefined {
  return documents.find(({ text }) => text.policy === 'agent' && text.agent === agent)?.source.file
}

function concernsAgent(rule: CompiledRule, agent: AgentId): boolean {
  const { text } = rule.document
  if (text.policy === 'agent') return text.agent === agent
  const agents = anyOf(rule)?.agents
  return agents === undefined || anyMatches(agents, agent)
}

function concernsViewer(rule: CompiledRule, { person, groups }: Viewer): boolean {
  const compiled = anyOf(rule)
  if (compiled?.persons !== undefined && !anyMatches(compiled.persons, person)) return false
  const wanted = compiled?.groups
  return wanted === undefined || groups.some((group) => anyMatches(wanted, group))
}

/** What does not depend on the integration is the same in each; undefined only for a rule of a configuration without integrations. */
function anyOf({ byIntegration }: CompiledRule): Rule | undefined {
  const [first] = byIntegration.values()
  return first
}
