import { parseDuration } from '../lib/duration.ts'
import { parseSize } from '../lib/size.ts'
import { nearestName } from '../lib/nearest-name.ts'
import type { SourceProblem } from '../lib/source-position.ts'
import type { CompileCondition, Condition } from './conditions.ts'
import { layerNameOf, problemAt, type PolicyDocument } from './document.ts'
import { compileGlob, type Glob } from './globs.ts'
import { compileRoute } from './routes.ts'
import type { Rate, Rule, RuleEffect } from './rule.ts'
import type { MatchText, RuleText } from './schema.ts'
import type { PolicyVocabulary, Vocabularies } from './vocabulary.ts'

/** One rule of a document, compiled for each integration that it could mean. */
export interface CompiledRule {
  readonly text: RuleText
  readonly document: PolicyDocument
  readonly index: number
  readonly effect: RuleEffect
  readonly match: MatchText
  readonly byIntegration: ReadonlyMap<string, Rule>
  readonly problems: readonly SourceProblem[]
}

/**
 * Compiles one rule; what is wrong with it stands in `problems`.
 * @param compileCondition undefined where no document has a condition
 */
export function compileRule(
  document: PolicyDocument, index: number, vocabularies: Vocabularies, compileCondition: CompileCondition | undefined,
): CompiledRule {
  const text = document.text.rules[index]
  if (text === undefined) throw new TypeError(`no rule ${index}`)
  const [effect, match] = effectOf(text)
  const at: Place = { document, path: ['rules', index, effect] }
  const problems: SourceProblem[] = []
  const condition = conditionOf(at, match, problems, compileCondition)
  const integrations = integrationsOf(at, match, vocabularies, problems)
  const byIntegration = new Map(integrations.map(([name, vocabulary]) => {
    const scopes = scopesOf(at, match, name, vocabulary, problems)
    return [name, ruleOf(document, index, text, effect, match, vocabulary, scopes, condition)]
  }))
  return { text, document, index, effect, match, byIntegration, problems }
}

interface Place {
  readonly document: PolicyDocument
  readonly path: readonly (string | number)[]
}

function effectOf(text: RuleText): readonly [RuleEffect, MatchText] {
  if (text.deny !== undefined) return ['deny', text.deny]
  if (text.ask !== undefined) return ['ask', text.ask]
  if (text.allow !== undefined) return ['allow', text.allow]
  throw new TypeError(`rule ${text.id} has no effect, which its schema refuses`)
}

/** Whether any rule of a document is tied to a condition. */
export function hasCondition({ text }: PolicyDocument): boolean {
  return text.rules.some((rule) => effectOf(rule)[1].when !== undefined)
}

function conditionOf(at: Place, match: MatchText, problems: SourceProblem[], compileCondition: CompileCondition | undefined): Condition | undefined {
  if (match.when === undefined) return undefined
  if (compileCondition === undefined) throw new TypeError('there is a condition, and nothing to compile it')
  const compiled = compileCondition(match.when)
  if ('evaluate' in compiled) return compiled
  for (const { offset, problem, expected } of compiled) {
    problems.push(problemAt(at.document.source, [...at.path, 'when'], `${problem} (at character ${offset + 1} of the condition)`, expected))
  }
  return undefined
}

/** Without `integration` a rule means all of them; what only one integration can explain then needs its name. */
function integrationsOf(at: Place, match: MatchText, vocabularies: Vocabularies, problems: SourceProblem[]): readonly [string, PolicyVocabulary][] {
  if (match.integration === undefined) {
    for (const key of ['scopes', 'operation', 'route'] as const) {
      if (match[key] === undefined) continue
      const problem = `\`${key}\` has no meaning without an integration`
      problems.push(problemAt(at.document.source, [...at.path, key], problem, 'the key `integration` beside it', 'key'))
    }
    return [...vocabularies]
  }
  return match.integration.flatMap((name, index): [string, PolicyVocabulary][] => {
    const vocabulary = vocabularies.get(name)
    if (vocabulary !== undefined) return [[name, vocabulary]]
    const path = [...at.path, 'integration', index]
    problems.push(problemAt(at.document.source, path, `no integration is named \`${name}\``, suggestion(name, vocabularies.keys())))
    return []
  })
}

function scopesOf(
  at: Place, match: MatchText, integration: string, vocabulary: PolicyVocabulary, problems: SourceProblem[],
): readonly string[] | undefined {
  if (match.integration === undefined) return undefined
  return match.scopes?.flatMap((scope, index) => {
    const canonical = vocabulary.canonicalScope(scope)
    if (canonical !== undefined) return [canonical]
    const known = new Set([...vocabulary.operations()].flatMap((operation) => operation.alternatives.flat()))
    problems.push(problemAt(at.document.source, [...at.path, 'scopes', index], `${integration} has no scope \`${scope}\``, suggestion(scope, known)))
    return []
  })
}

/** What would be right for a name that is not known: the nearest, else the first few there are. */
export function suggestion(name: string, known: Iterable<string>): string {
  const names = [...known]
  const nearest = nearestName(name, names)
  if (nearest !== undefined) return `\`${nearest}\``
  if (names.length === 0) return 'a name that is configured'
  return `one of ${names.slice(0, 8).map((other) => `\`${other}\``).join(', ')}${names.length > 8 ? ', …' : ''}`
}

function ruleOf(
  { text: policy, source }: PolicyDocument, index: number, text: RuleText, effect: RuleEffect, match: MatchText,
  vocabulary: PolicyVocabulary, scopes: readonly string[] | undefined, condition: Condition | undefined,
): Rule {
  const targets = match.target?.map((target) => vocabulary.canonicalTarget(target))
  const { file, line } = source.positionOf(['rules', index, 'id'], 'key')
  return {
    effect, because: text.because, vocabulary, scopes, condition,
    reference: { id: `${layerNameOf(policy)}/${text.id}`, file, line },
    agents: globsOf(match.agent, ''),
    persons: globsOf(match.person, ''),
    groups: globsOf(match.group, ''),
    withoutPerson: match.without_person,
    access: match.access && new Set(match.access),
    operations: globsOf(match.operation, '/'),
    routes: match.route?.flatMap((route) => compileRoute(route) ?? []),
    targets: globsOf(targets, '/'),
    targetTexts: targets,
    expiresInMs: text.expires_in === undefined ? undefined : parseDuration(text.expires_in),
    delegationExpiresInMs: text.delegation_expires_in === undefined ? undefined : parseDuration(text.delegation_expires_in),
    rate: text.limits?.requests === undefined ? undefined : rateOf(text.limits.requests),
    maxBodyBytes: text.limits?.body === undefined ? undefined : parseSize(text.limits.body),
    lendsAuthority: text.authority === 'organisation',
    releases: text.delivery === 'released',
  }
}

function globsOf(texts: readonly string[] | undefined, separator: '/' | ''): readonly Glob[] | undefined {
  return texts?.map((text) => compileGlob(text, separator))
}

/** `60/m`, already checked for form. */
function rateOf(text: string): Rate {
  const [requests, unit] = text.split('/')
  return { requests: Number(requests), perMs: parseDuration(`1${unit}`) ?? 1000 }
}
