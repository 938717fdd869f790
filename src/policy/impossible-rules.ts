import { parseAgentId } from '../model/ids.ts'
import type { SourceProblem } from '../lib/source-position.ts'
import type { CompiledRule } from './compile-rule.ts'
import { suggestion } from './compile-rule.ts'
import { problemAt } from './document.ts'
import { anyMatches, couldMatchScopes, namesOperation } from './rule.ts'
import type { PolicyOperationFacts, Vocabularies } from './vocabulary.ts'

/** Why a rule can never match any request, or undefined where some request could. */
export function impossibleRule(rule: CompiledRule, vocabularies: Vocabularies): SourceProblem | undefined {
  return impossiblePrincipal(rule) ?? unknownOperation(rule, vocabularies) ?? impossibleTarget(rule, vocabularies) ?? impossibleCombination(rule, vocabularies)
}

function impossiblePrincipal(rule: CompiledRule): SourceProblem | undefined {
  const { match, document, index, effect, byIntegration } = rule
  const path = ['rules', index, effect]
  for (const key of ['person', 'group'] as const) {
    if (match.without_person !== true || match[key] === undefined) continue
    const problem = `the rule can never match: it names a ${key} and wants ${key === 'person' ? 'none' : 'no person'}`
    return problemAt(document.source, [...path, key], problem, `one of \`${key}\`, \`without_person\``, 'key')
  }
  const [compiled] = byIntegration.values()
  if (compiled?.agents === undefined) return undefined
  if (document.text.policy === 'agent' && !anyMatches(compiled.agents, document.text.agent)) {
    const problem = `the rule can never match: this policy is for ${document.text.agent} only`
    return problemAt(document.source, [...path, 'agent'], problem, 'no key `agent` here', 'key')
  }
  const wrong = match.agent?.findIndex((text) => !text.includes('*') && parseAgentId(text) === undefined) ?? -1
  if (wrong === -1) return undefined
  const expected = '`agent:` and a name in lower case, or a glob'
  return problemAt(document.source, [...path, 'agent', wrong], 'the rule can never match: that is no agent id', expected)
}

function unknownOperation({ match, document, index, effect, byIntegration }: CompiledRule, vocabularies: Vocabularies): SourceProblem | undefined {
  if (match.operation === undefined || match.route !== undefined) return undefined
  const names = [...byIntegration.keys()].flatMap((integration) => operationsOf(vocabularies, integration).map((operation) => operation.name))
  if (names.length === 0) return undefined
  const [rule] = byIntegration.values()
  const wrong = rule?.operations?.findIndex((glob) => !names.some(glob)) ?? -1
  if (wrong === -1) return undefined
  const text = match.operation[wrong] ?? ''
  return problemAt(document.source, ['rules', index, effect, 'operation', wrong], `no operation is named \`${text}\``, suggestion(text, names))
}

function impossibleTarget({ match, document, index, effect, byIntegration }: CompiledRule, vocabularies: Vocabularies): SourceProblem | undefined {
  const words = [...byIntegration.keys()].map((integration) => vocabularies.get(integration))
  const wrong = words.length === 0 ? -1 : match.target?.findIndex((text) => words.every((vocabulary) => vocabulary?.possibleTarget?.(text) === false)) ?? -1
  if (wrong === -1) return undefined
  const problem = `no request acts on a target that is called \`${match.target?.[wrong] ?? ''}\``
  return problemAt(document.source, ['rules', index, effect, 'target', wrong], problem, 'its id, or a name that the integration’s configuration knows')
}

/** Whether access, operation and scopes together leave any operation of the catalogue. */
function impossibleCombination({ match, document, index, effect, byIntegration }: CompiledRule, vocabularies: Vocabularies): SourceProblem | undefined {
  if (match.route !== undefined || (match.scopes === undefined && match.operation === undefined && match.access === undefined)) return undefined
  const possible = [...byIntegration].some(([integration, rule]) => {
    const operations = operationsOf(vocabularies, integration)
    return operations.length === 0 || operations.some((operation) => namesOperation(rule, operation) && couldMatchScopes(rule, operation))
  })
  if (possible || byIntegration.size === 0) return undefined
  const named = (['operation', 'access', 'scopes'] as const).filter((key) => match[key] !== undefined).map((key) => `\`${key}\``).join(', ')
  const problem = `the rule can never match: no operation fits its ${named}`
  return problemAt(document.source, ['rules', index, effect], problem, 'keys that at least one operation fits')
}

function operationsOf(vocabularies: Vocabularies, integration: string): readonly PolicyOperationFacts[] {
  return [...vocabularies.get(integration)?.operations() ?? []]
}
