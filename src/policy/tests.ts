import { type Decision, LAYERS, type Layer } from '../model/decision.ts'
import { isDenial } from '../model/denial.ts'
import { type AgentId, parseAgentId, parseId, parsePersonId } from '../model/ids.ts'
import type { SourcePosition } from '../lib/source-position.ts'
import type { Operation } from '../model/operation.ts'
import type { ConsentDetail, Delegation, Principal } from '../model/principal.ts'
import type { PolicyDocument } from './document.ts'
import type { LoadedPolicies } from './load.ts'
import { assumedConsent, readOperation } from './read-operation.ts'
import type { RequestReading } from './request-reading.ts'
import type { TestText } from './schema.ts'
import { bodyOf, requestOf } from './test-request.ts'

export interface TestResult {
  readonly passed: boolean
  readonly request: string
  readonly expected: string
  /** `deny by agent`, `deny (host_not_served)`. */
  readonly actual: string
  readonly reason: string
  readonly position: SourcePosition
}

const UNKNOWN = 'no catalogue entry matches, and no rule declares the route with its scopes'
const TESTER = 'user:tester@example.com'

/** Runs the `tests` of all documents against the loaded snapshot. @param nowMs the time of tests that name none */
export function runPolicyTests(policies: LoadedPolicies, reading: RequestReading, nowMs: number): readonly TestResult[] {
  return policies.documents.flatMap((document) => document.text.tests.map((test, index) => {
    const outcome = outcomeOf(policies, document, test, reading, nowMs)
    const position = document.source.positionOf(['tests', index], 'value')
    const passed = satisfies(test, outcome)
    const expected = test.rule === undefined ? test.expect : `${test.expect} (rule ${test.rule})`
    return { passed, request: test.request, expected, actual: outcome.text, reason: outcome.reason, position }
  }))
}

interface Outcome {
  readonly effect: Decision['effect']
  readonly layer: Layer | undefined
  readonly rule: string | undefined
  readonly text: string
  readonly reason: string
}

function outcomeOf({ snapshot }: LoadedPolicies, document: PolicyDocument, test: TestText, reading: RequestReading, nowMs: number): Outcome {
  const request = requestOf(test)
  if (request === undefined) return refusal('the request is not a URL that a test can use')
  const anyone = principalOf(document, test, undefined)
  if (anyone === undefined) return refusal('an org policy\'s test names its agent: add `agent`')
  const read = readOperation(snapshot, reading, anyone, request, bodyOf(test).bytes)
  if (isDenial(read)) return refusal(`${read.denial}: ${read.denial === 'operation_unknown' ? UNKNOWN : read.detail}`)
  const { operation, body } = read
  const principal = principalOf(document, test, operation) ?? anyone
  return told(snapshot.evaluate({ principal, operation, request, body, nowMs: test.at === undefined ? nowMs : Date.parse(test.at) }))
}

function told(decision: Decision): Outcome {
  const layer = decision.effect === 'allow' ? undefined : decision.decidedBy
  const rule = decision.rule?.id
  const at = decision.rule === undefined ? '' : ` [${decision.rule.id} at ${decision.rule.file}:${decision.rule.line}]`
  const text = layer === undefined ? decision.effect : `${decision.effect} by ${LAYER_WORDS[layer]}`
  return { effect: decision.effect, layer, rule, text, reason: `${decision.layers[decision.decidedBy].reason}${at}` }
}

function refusal(reason: string): Outcome {
  return { effect: 'deny', layer: undefined, rule: undefined, text: 'deny', reason }
}

const LAYER_WORDS: Readonly<Record<Layer, string>> = { org_policy: 'org', user_consent: 'consent', agent_permissions: 'agent' }

function satisfies(test: TestText, outcome: Outcome): boolean {
  const [effect, , word] = test.expect.split(' ')
  if (effect !== outcome.effect) return false
  if (test.rule !== undefined && test.rule !== outcome.rule) return false
  return word === undefined || LAYERS.some((layer) => layer === outcome.layer && LAYER_WORDS[layer] === word)
}

/** A test that says nothing of consent is about the other layers: the person has then consented to just this operation. */
function principalOf({ text }: PolicyDocument, test: TestText, operation: Operation | undefined): Principal | undefined {
  const named = test.agent ?? (text.policy === 'agent' ? text.agent : undefined)
  const agent: AgentId | undefined = named === undefined ? undefined : parseAgentId(named)
  if (agent === undefined) return undefined
  const consent = test.consent ?? assumedConsent(operation)
  const delegation = test.without_person ? undefined : delegationOf(test, consent)
  return { agent, agentName: agent.slice('agent:'.length), identifiedBy: 'token', delegation }
}

function delegationOf(test: TestText, consent: readonly ConsentDetail[]): Delegation | undefined {
  const id = parseId('dlg', 'dlg_test')
  const person = parsePersonId(test.person ?? TESTER)
  if (id === undefined || person === undefined) return undefined
  const standing = { consent, groups: test.groups ?? [], connections: {} }
  return { id, person, personName: undefined, session: undefined, consent, standing, expiresAtMs: Infinity }
}
