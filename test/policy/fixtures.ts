import { documentOf } from '../../src/lib/yaml-document.ts'
import { parseYamlText } from '../../src/lib/yaml-document-parse.ts'
import type { CanonicalRequest } from '../../src/http/request.ts'
import { parseAgentId, parseId, parsePersonId } from '../../src/model/ids.ts'
import type { Operation } from '../../src/model/operation.ts'
import type { ConsentDetail, Delegation, Principal } from '../../src/model/principal.ts'
import { CompiledSnapshot } from '../../src/policy/compiled-snapshot.ts'
import { compilePolicies, type Compilation } from '../../src/policy/compile.ts'
import { compileCondition } from '../../src/policy/conditions.ts'
import { readPolicyDocument, type PolicyDocument } from '../../src/policy/document.ts'
import { formatProblem } from '../../src/lib/source-position.ts'
import type { EvaluationInput } from '../../src/policy/snapshot.ts'
import type { PolicyOperationFacts, PolicyVocabulary, Vocabularies } from '../../src/policy/vocabulary.ts'

const LEVELS = ['read', 'write', 'admin']
const PERMISSIONS = ['pull_requests', 'contents', 'issues', 'metadata', 'administration']

export const OPERATIONS: readonly PolicyOperationFacts[] = [
  { name: 'GET /repos/{owner}/{repo}/pulls/{pull_number}', access: 'read', alternatives: [['pull_requests:read']] },
  { name: 'POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews', access: 'write', alternatives: [['pull_requests:write']] },
  { name: 'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', access: 'write', alternatives: [['contents:write']] },
  { name: 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments', access: 'write', alternatives: [['issues:write'], ['pull_requests:write']] },
  { name: 'POST /repos/{owner}/{repo}/pages', access: 'write', alternatives: [['contents:write', 'administration:write']] },
  { name: 'GET /user', access: 'read', alternatives: [[]] },
]

/** A vocabulary in the manner of GitHub: aliases, levels that include each other, targets without case. */
export const github: PolicyVocabulary = {
  canonicalScope(text) {
    const [permission = '', level = ''] = text.replace(/^pulls:/, 'pull_requests:').split(':')
    return PERMISSIONS.includes(permission) && LEVELS.includes(level) ? `${permission}:${level}` : undefined
  },
  covers(granted, needed) {
    const [held, level = ''] = granted.split(':')
    const [wanted, neededLevel = ''] = needed.split(':')
    return held === wanted && LEVELS.indexOf(level) >= LEVELS.indexOf(neededLevel)
  },
  canonicalTarget: (text) => text.toLowerCase(),
  operations: () => OPERATIONS,
}

/** A vocabulary in the manner of Slack: flat scopes, targets as they are. */
export const slack: PolicyVocabulary = {
  canonicalScope: (text) => (['chat:write', 'channels:read'].includes(text) ? text : undefined),
  covers: (granted, needed) => granted === needed,
  canonicalTarget: (text) => text,
  possibleTarget: (text) => !text.startsWith('#'),
  operations: () => [{ name: 'chat.postMessage', access: 'write', alternatives: [['chat:write']] }],
}

/** An integration described by routes: it knows no operation of its own. */
export const tickets: PolicyVocabulary = {
  canonicalScope: (text) => (/^[a-z]+:[a-z]+$/.test(text) ? text : undefined),
  covers: (granted, needed) => granted === needed,
  canonicalTarget: (text) => text,
  operations: () => [],
}

export const vocabularies: Vocabularies = new Map([['github', github], ['slack', slack], ['tickets', tickets]])

export const ORG_ALLOWS = 'policy: org\ndefault: allow\n'

/** The documents of one file `p.yaml`. */
export function documentsOf(yaml: string): readonly PolicyDocument[] {
  const { documents, problems } = parseYamlText(yaml)
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  return documents.map((parsed) => {
    const read = readPolicyDocument(documentOf('p.yaml', parsed))
    if ('text' in read) return read
    throw new Error(read.map(formatProblem).join('\n'))
  })
}

export function compile(yaml: string): Compilation {
  return compilePolicies(documentsOf(yaml), vocabularies, 'sha256:test', 'policies', compileCondition)
}

/** Every problem of form or meaning in the file `p.yaml`. */
export function problemsIn(yaml: string): readonly string[] {
  const read = parseYamlText(yaml).documents.map((parsed) => readPolicyDocument(documentOf('p.yaml', parsed)))
  const malformed = read.flatMap((result) => ('text' in result ? [] : result))
  return (malformed.length > 0 ? malformed : compile(yaml).problems).map(formatProblem)
}

export function snapshotOf(yaml: string): CompiledSnapshot {
  const { policies, problems } = compile(yaml)
  if (problems.length > 0) throw new Error(problems.map(formatProblem).join('\n'))
  return new CompiledSnapshot(policies, vocabularies)
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('a fixture is malformed')
  return value
}

export const CONSENT: readonly ConsentDetail[] = [
  { integration: 'github', scopes: ['pulls:write', 'contents:write', 'issues:write', 'administration:write'], targets: ['**'] },
  { integration: 'slack', scopes: ['chat:write'], targets: ['**'] },
  { integration: 'tickets', scopes: ['comments:create'], targets: ['**'] },
]

export function delegation(consent: readonly ConsentDetail[] = CONSENT, expiresAtMs = 1_000_000): Delegation {
  return {
    id: must(parseId('dlg', 'dlg_1')), person: must(parsePersonId('user:alice@acme.com')), personName: 'Alice', session: undefined, consent, expiresAtMs,
  }
}

export function principal(overrides: Partial<Principal> = {}): Principal {
  return { agent: must(parseAgentId('agent:bot')), agentName: 'Bot', identifiedBy: 'token', delegation: delegation(), ...overrides }
}

export function agentId(text: string): Principal['agent'] {
  return must(parseAgentId(text))
}

export function request(overrides: Partial<CanonicalRequest> = {}): CanonicalRequest {
  return {
    method: 'GET', scheme: 'https', host: 'api.github.com', port: 443, path: '/', query: undefined, headers: [], contentType: undefined,
    framing: { kind: 'none' }, ...overrides,
  }
}

/** The catalogue's operation of that name, on the given targets. */
export function operation(name: string, ...targets: readonly string[]): Operation {
  const facts = must(OPERATIONS.find((candidate) => candidate.name.includes(name)))
  return { integration: 'github', ...facts, targets: targets.length === 0 ? { kind: 'none' } : { kind: 'named', names: targets }, parameters: {} }
}

export function post(channel?: string): Operation {
  return {
    integration: 'slack', name: 'chat.postMessage', access: 'write', alternatives: [['chat:write']], parameters: {},
    targets: channel === undefined ? { kind: 'unresolved', reason: 'the channel is given by name' } : { kind: 'named', names: [channel] },
  }
}

export function input(overrides: Partial<EvaluationInput> = {}): EvaluationInput {
  return {
    principal: principal(), operation: operation('GET /repos', 'acme-corp/backend'), request: request(), body: undefined, nowMs: 1000, ...overrides,
  }
}

export function jsonBody(value: unknown): NonNullable<EvaluationInput['body']> {
  return { bytes: Buffer.from(JSON.stringify(value)), format: 'json', value }
}
