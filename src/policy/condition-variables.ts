import type { EvaluationInput } from './snapshot.ts'

/** The variables that a condition may name. */
export type ConditionVariable = 'request' | 'operation' | 'targets' | 'body' | 'agent' | 'person' | 'now'

/** What each variable is, in CEL's types; `body` is whatever the request holds. */
export const VARIABLE_TYPES = {
  request: { method: 'string', scheme: 'string', host: 'string', port: 'int', path: 'string', content_type: 'string', query: 'map<string, string>' },
  operation: { integration: 'string', name: 'string', access: 'string', parameters: 'map<string, string>' },
  targets: 'list<string>',
  body: 'dyn',
  agent: { id: 'string', name: 'string' },
  person: { id: 'string', name: 'string' },
  now: 'google.protobuf.Timestamp',
} as const satisfies Record<ConditionVariable, string | Readonly<Record<string, string>>>

/**
 * The values for just the variables that a condition names.
 * @returns undefined where one cannot be told for sure: the condition then fails
 */
export function variableValues(names: ReadonlySet<ConditionVariable>, input: EvaluationInput): Record<string, unknown> | undefined {
  const values: Record<string, unknown> = {}
  for (const name of names) {
    const value = valueOf(name, input)
    if (value === undefined) return undefined
    values[name] = value
  }
  return values
}

function valueOf(name: ConditionVariable, input: EvaluationInput): unknown {
  const { principal, operation, body } = input
  switch (name) {
    case 'request': return requestValue(input)
    case 'operation':
      return { ...operation, parameters: new Map(Object.entries(operation.parameters)) }
    case 'targets': return targetNames(input)
    case 'body': return body?.value
    case 'agent': return { id: principal.agent, name: principal.agentName }
    case 'person':
      return principal.delegation && { id: principal.delegation.person, name: principal.delegation.personName ?? '' }
    case 'now': return new Date(input.nowMs)
  }
}

function requestValue({ request }: EvaluationInput): unknown {
  const query = queryMap(request.query)
  if (query === undefined) return undefined
  const { method, scheme, host, path } = request
  return { method, scheme, host, port: BigInt(request.port), path, content_type: request.contentType ?? '', query }
}

function targetNames({ operation: { targets } }: EvaluationInput): readonly string[] | undefined {
  switch (targets.kind) {
    case 'none': return []
    case 'named': return targets.names
    case 'unresolved': return undefined
  }
}

/** Each parameter decoded; undefined where a name stands twice or is not well-formed: servers differ in what they make of that. */
function queryMap(query: string | undefined): ReadonlyMap<string, string> | undefined {
  const map = new Map<string, string>()
  for (const pair of (query ?? '').split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decode(equals === -1 ? pair : pair.slice(0, equals))
    const value = decode(equals === -1 ? '' : pair.slice(equals + 1))
    if (name === undefined || value === undefined || map.has(name)) return undefined
    map.set(name, value)
  }
  return map
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
