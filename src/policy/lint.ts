import { formatProblem, type SourceProblem } from '../lib/source-position.ts'
import type { CompiledRule } from './compile-rule.ts'
import { problemAt } from './document.ts'
import { anyMatches } from './rule.ts'
import { compileGlob } from './globs.ts'
import type { LoadedPolicies } from './load.ts'

export interface LintOptions {
  /** Integrations whose credential has no end of its own. */
  readonly staticIntegrations: ReadonlySet<string>
}

/**
 * What is valid but most likely not meant, or weaker than it could be. Errors are found at load already.
 * Pure.
 */
export function lintPolicies({ documents, rules }: Pick<LoadedPolicies, 'documents' | 'rules'>, options: LintOptions): readonly SourceProblem[] {
  const warnings = [
    ...rules.flatMap((rule) => shadowedAllow(rule, rules) ?? []),
    ...rules.flatMap((rule) => staticCredential(rule, options)),
    ...rules.flatMap((rule) => unboundedAllow(rule)),
    ...rules.flatMap((rule) => releasedCredential(rule)),
    ...documents.filter(({ text }) => text.rules.length > 0 && text.tests.length === 0)
      .map(({ source }) => problemAt(source, [], 'the policy has no tests', 'a `tests` list with at least one allowed and one refused request')),
  ]
  return warnings.toSorted((a, b) => formatProblem(a).localeCompare(formatProblem(b), 'en', { numeric: true }))
}

/** An allow rule that a deny rule of the organisation, or of the same agent, takes back entirely. */
function shadowedAllow(rule: CompiledRule, rules: readonly CompiledRule[]): SourceProblem | undefined {
  if (rule.effect !== 'allow') return undefined
  const shadow = rules.find((other) => other.effect === 'deny' && sameLayerOrOrg(rule, other) && takesBack(other, rule))
  if (shadow === undefined) return undefined
  const { file, line } = shadow.document.source.positionOf(['rules', shadow.index], 'value')
  return problemAt(
    rule.document.source, ['rules', rule.index], `the rule allows nothing: \`${shadow.text.id}\` (${file}:${line}) denies all that it matches`,
    'a narrower deny rule, or no such allow rule',
  )
}

function sameLayerOrOrg(rule: CompiledRule, deny: CompiledRule): boolean {
  const [own, other] = [rule.document.text, deny.document.text]
  return other.policy === 'org' || (own.policy === 'agent' && own.agent === other.agent)
}

/** Whether each key of the deny rule matches all that the allow rule's key does. Keys that cannot be compared do not. */
function takesBack(deny: CompiledRule, allow: CompiledRule): boolean {
  const [denied, allowed] = [deny.match, allow.match]
  if (denied.when !== undefined || denied.route !== undefined || denied.without_person !== undefined) return false
  return [...allow.byIntegration.keys()].every((integration) => deny.byIntegration.has(integration))
    && includesAll(denied.access, allowed.access)
    && coversAll(denied.target, allowed.target, '/') && coversAll(denied.operation, allowed.operation, '/')
    && coversAll(denied.person, allowed.person, '') && coversAll(denied.group, allowed.group, '') && coversAll(denied.agent, agentsOf(allow), '')
    && touchesEveryScope(deny, allow)
}

function agentsOf({ document: { text }, match }: CompiledRule): readonly string[] | undefined {
  return text.policy === 'agent' ? [text.agent] : match.agent
}

function includesAll<T>(denied: readonly T[] | undefined, allowed: readonly T[] | undefined): boolean {
  return denied === undefined || (allowed !== undefined && allowed.every((value) => denied.includes(value)))
}

/** A glob that matches another glob's own text matches all that the other does, stars included, if it is no narrower star. */
function coversAll(denied: readonly string[] | undefined, allowed: readonly string[] | undefined, separator: '/' | ''): boolean {
  if (denied === undefined) return true
  if (allowed === undefined) return false
  const globs = denied.map((text) => compileGlob(text, separator))
  const crosses = denied.some((text) => text.includes('**'))
  return allowed.every((text) => denied.includes(text) || (anyMatches(globs, text) && (crosses || !text.includes('**'))))
}

function touchesEveryScope(deny: CompiledRule, allow: CompiledRule): boolean {
  return [...allow.byIntegration].every(([integration, rule]) => {
    const denied = deny.byIntegration.get(integration)?.scopes
    if (denied === undefined) return true
    return rule.scopes !== undefined && rule.scopes.length > 0 && rule.scopes.every((scope) => denied.some((named) => scope === named))
  })
}

function staticCredential(rule: CompiledRule, { staticIntegrations }: LintOptions): readonly SourceProblem[] {
  if (rule.effect !== 'allow' || rule.document.text.policy !== 'agent') return []
  return (rule.match.integration ?? []).flatMap((integration, index) => (staticIntegrations.has(integration) ? [problemAt(
    rule.document.source, ['rules', rule.index, 'allow', 'integration', index],
    `\`${integration}\` uses a static credential, which ends only when somebody replaces it`,
    'an integration with short-lived credentials, where the upstream has them',
  )] : []))
}

/** An agent's rule that names an integration and nothing else hands over all of it. */
function unboundedAllow({ effect, match, document, index }: CompiledRule): readonly SourceProblem[] {
  if (effect !== 'allow' || document.text.policy !== 'agent') return []
  const bounded = match.scopes ?? match.access ?? match.operation ?? match.route ?? match.target ?? match.when
  if (bounded !== undefined) return []
  const expected = '`scopes`, `access` or `target` beside the integration'
  return [problemAt(document.source, ['rules', index, 'allow'], 'the rule allows every operation on every target', expected)]
}

/** What has left can be used past every layer until it ends, unjudged and unrecorded. */
function releasedCredential({ text, document, index }: CompiledRule): readonly SourceProblem[] {
  if (text.delivery === undefined) return []
  const bounded = text.expires_in === undefined ? ', without an `expires_in` of its own' : ''
  const problem = `the rule hands the upstream's own credential to the agent${bounded}: calls with it are neither judged nor recorded`
  return [problemAt(document.source, ['rules', index, 'delivery'], problem, 'calls through the proxy, where the client can make them', 'key')]
}
