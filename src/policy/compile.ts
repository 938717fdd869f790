import type { SourceProblem } from '../lib/source-position.ts'
import { compileRule, type CompiledRule } from './compile-rule.ts'
import type { CompileCondition } from './conditions.ts'
import type { CompiledPolicies } from './compiled-policies.ts'
import { layerNameOf, problemAt, type PolicyDocument } from './document.ts'
import { impossibleRule } from './impossible-rules.ts'
import { ruleSetOf, type Rule, type RuleSet } from './rule.ts'
import type { Vocabularies } from './vocabulary.ts'

/** Everything that was compiled: what decides, and what `lint` looks at. */
export interface Compilation {
  readonly policies: CompiledPolicies
  readonly rules: readonly CompiledRule[]
  /** Empty, or the policies must not be used. */
  readonly problems: readonly SourceProblem[]
}

/**
 * Compiles all documents of a policy directory together. Pure.
 * @param directory named in the problem that there is no organisation policy
 * @param compileCondition undefined where no document has a condition
 */
export function compilePolicies(
  documents: readonly PolicyDocument[], vocabularies: Vocabularies, hash: string, directory: string, compileCondition: CompileCondition | undefined,
): Compilation {
  const rules = documents.flatMap((document) => document.text.rules.map((_, index) => compileRule(document, index, vocabularies, compileCondition)))
  const problems = [
    ...defaultProblems(documents, directory),
    ...documents.flatMap(agentNameProblems),
    ...rules.flatMap((rule) => rule.problems),
    ...rules.flatMap(orgKeyProblems),
    ...duplicateProblems(rules),
    ...rules.filter((rule) => rule.problems.length === 0).flatMap((rule) => impossibleRule(rule, vocabularies) ?? []),
  ]
  return { policies: policiesOf(documents, rules, hash), rules, problems }
}

function policiesOf(documents: readonly PolicyDocument[], rules: readonly CompiledRule[], hash: string): CompiledPolicies {
  const orgDenies = documents.some(({ text }) => text.policy === 'org' && text.default === 'deny')
  const agents = new Set(documents.flatMap(({ text }) => (text.policy === 'agent' ? [text.agent] : [])))
  return {
    hash,
    org: { default: orgDenies ? 'deny' : 'allow', rules: indexOf(rules.filter(({ document }) => document.text.policy === 'org')) },
    agents: new Map([...agents].map((agent) => [
      agent, indexOf(rules.filter(({ document: { text } }) => text.policy === 'agent' && text.agent === agent)),
    ])),
  }
}

function indexOf(rules: readonly CompiledRule[]): ReadonlyMap<string, RuleSet> {
  const byIntegration = new Map<string, Rule[]>()
  for (const { byIntegration: compiled } of rules) {
    for (const [integration, rule] of compiled) {
      const list = byIntegration.get(integration)
      if (list === undefined) byIntegration.set(integration, [rule])
      else list.push(rule)
    }
  }
  return new Map([...byIntegration].map(([integration, list]) => [integration, ruleSetOf(list)]))
}

function defaultProblems(documents: readonly PolicyDocument[], directory: string): readonly SourceProblem[] {
  const orgs = documents.filter(({ text }) => text.policy === 'org')
  const [first] = orgs
  if (first === undefined) {
    const expected = 'a document with `policy: org` and its `default`'
    return [{ file: directory, line: 1, column: 1, path: '', problem: 'there is no organisation policy', expected }]
  }
  return orgs.filter(({ text }) => text.default !== first.text.default).map(({ source }) => problemAt(
    source, ['default'], 'the organisation has two different defaults', `\`${first.text.default}\`, as in ${first.source.file}`,
  ))
}

/** `org/…` is how the organisation's rules are named. */
function agentNameProblems({ text, source }: PolicyDocument): readonly SourceProblem[] {
  if (text.policy !== 'agent' || layerNameOf(text) !== 'org') return []
  return [problemAt(source, ['agent'], 'an agent cannot be named `org`: its rules would read as the organisation\'s', 'another name')]
}

/** What an organisation lends or lets go, no agent's own policy can take. */
function orgKeyProblems({ text, document, index }: CompiledRule): readonly SourceProblem[] {
  if (document.text.policy === 'org' && text.allow !== undefined) return []
  return (['authority', 'delivery'] as const).filter((key) => text[key] !== undefined).map((key) => {
    const problem = key === 'authority' ? 'only an organisation policy lends authority' : 'only an organisation policy releases credentials'
    return problemAt(document.source, ['rules', index, key], problem, 'the key on an `allow` rule of an org policy', 'key')
  })
}

function duplicateProblems(rules: readonly CompiledRule[]): readonly SourceProblem[] {
  const seen = new Map<string, string>()
  return rules.flatMap(({ text, document, index }) => {
    const { source } = document
    const id = `${layerNameOf(document.text)}/${text.id}`
    const path = ['rules', index, 'id']
    const earlier = seen.get(id)
    if (earlier !== undefined) {
      return [problemAt(source, path, `the rule id \`${text.id}\` stands twice in this layer`, `another id; the first is at ${earlier}`)]
    }
    const { file, line } = source.positionOf(path, 'value')
    seen.set(id, `${file}:${line}`)
    return []
  })
}
