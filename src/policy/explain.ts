import { canonicalHost } from '../http/host.ts'
import { isAcceptedMethod } from '../http/method.ts'
import { pathProblem } from '../http/path.ts'
import { queryProblem } from '../http/query.ts'
import type { CanonicalRequest } from '../http/request.ts'
import type { Decision, Layer } from '../model/decision.ts'
import { deny, isDenial, type Denial } from '../model/denial.ts'
import { newId, type AgentId, type PersonId } from '../model/ids.ts'
import type { Operation } from '../model/operation.ts'
import type { ConsentDetail, Delegation, Principal } from '../model/principal.ts'
import { assumedConsent, readOperation } from './read-operation.ts'
import type { RequestReading } from './request-reading.ts'
import type { Rate } from './rule.ts'
import type { PolicySnapshot } from './snapshot.ts'
import { bodyOf, requestOf, type WrittenRequest } from './test-request.ts'

/** The longest `METHOD URL` that is explained. */
export const MAX_EXPLAINED_URL = 4096

/** For whom the agent would act; `assumed`: nobody approved anything, and it is judged as if all that is asked were approved. */
export type ExplainedConsent =
  | { readonly kind: 'delegation'; readonly delegation: Delegation }
  | { readonly kind: 'assumed'; readonly person: PersonId; readonly personName: string | undefined; readonly groups: readonly string[] }
  | { readonly kind: 'none' }

/** A request that is only thought of. */
export interface ExplainQuestion {
  readonly agent: AgentId
  readonly agentName: string
  readonly written: WrittenRequest
  readonly consent: ExplainedConsent
  /** Wall clock. */
  readonly nowMs: number
}

/** What would become of it: refused before any rule is asked, or decided. */
export type Explanation =
  | { readonly matched: false; readonly refused: Denial }
  | {
    readonly matched: true
    readonly decision: Decision
    readonly operation: Operation
    /** For people: what was decided, by what, and why. */
    readonly sentence: string
    /** Not counted. */
    readonly limits: readonly (Rate & { readonly rule: string })[]
    readonly consent: ExplainedConsent['kind']
  }

/** Judges a request as the proxy would, and tells why. Pure: nothing is issued, counted or dialled. */
export function explain(snapshot: PolicySnapshot, reading: RequestReading, question: ExplainQuestion): Explanation {
  const { written, consent, nowMs } = question
  const request = acceptable(written)
  if (isDenial(request)) return { matched: false, refused: request }
  const read = readOperation(snapshot, reading, principalOf(question, undefined), request, bodyOf(written).bytes)
  if (isDenial(read)) return { matched: false, refused: read }
  const { operation, body } = read
  const decision = told(snapshot.evaluate({ principal: principalOf(question, operation), operation, request, body, nowMs }), consent)
  return { matched: true, decision, operation, sentence: sentenceOf(decision, question), limits: limitsOf(decision, question.agent), consent: consent.kind }
}

/** As the listener would take it: nothing is repaired. */
function acceptable(written: WrittenRequest): CanonicalRequest | Denial {
  const { length } = written.request
  if (length > MAX_EXPLAINED_URL) return deny('uri_too_long', `${length} characters; at most ${MAX_EXPLAINED_URL} are explained`)
  const request = requestOf(written)
  if (request === undefined) return deny('request_malformed', 'it is no method and absolute URL with a plain host')
  const { method, host, port, path, query, framing } = request
  if (!isAcceptedMethod(method)) return deny('method_refused', 'a method that is not accepted')
  if (canonicalHost(host) === undefined || port < 1 || port > 65_535) return deny('host_refused', 'the host is no plain DNS name, or the port is none')
  const problem = pathProblem(path) ?? (query === undefined ? undefined : queryProblem(query))
  if (problem !== undefined) return deny('path_refused', problem)
  return framing.kind !== 'none' && (method === 'GET' || method === 'HEAD') ? deny('body_refused', `a body on ${method}`) : request
}

function principalOf({ agent, agentName, consent }: ExplainQuestion, operation: Operation | undefined): Principal {
  return { agent, agentName, identifiedBy: 'token', delegation: delegationOf(consent, assumedConsent(operation)) }
}

function delegationOf(consent: ExplainedConsent, assumed: readonly ConsentDetail[]): Delegation | undefined {
  switch (consent.kind) {
    case 'none': return undefined
    case 'delegation': return consent.delegation
    case 'assumed': {
      const { person, personName, groups } = consent
      const standing = { consent: assumed, groups, connections: {} }
      return { id: newId('dlg'), person, personName, session: undefined, consent: assumed, standing, expiresAtMs: Infinity }
    }
  }
}

/** Nobody consented to what is only assumed: the layer must not say so. */
function told(decision: Decision, consent: ExplainedConsent): Decision {
  const { layers } = decision
  if (consent.kind !== 'assumed' || layers.user_consent.effect !== 'allow') return decision
  return { ...decision, layers: { ...layers, user_consent: { ...layers.user_consent, reason: assumption(consent) } } }
}

function assumption({ person }: Extract<ExplainedConsent, { kind: 'assumed' }>): string {
  return `It is assumed that ${person} approved all that is asked.`
}

const LAYER_WORDS: Readonly<Record<Layer, string>> = {
  org_policy: 'the organisation’s policy', user_consent: 'the person’s consent', agent_permissions: 'the agent’s own permissions',
}

function sentenceOf({ effect, decidedBy, layers }: Decision, { consent }: ExplainQuestion): string {
  const { reason } = layers[decidedBy]
  const why = /[.!?)]$/.test(reason) ? reason : `${reason}.`
  const assumed = consent.kind === 'assumed' ? ` ${assumption(consent)}` : ''
  return `${VERDICT[effect]}${effect === 'allow' ? 'all three layers let it pass' : LAYER_WORDS[decidedBy]}: ${why}${assumed}`
}

const VERDICT: Readonly<Record<Decision['effect'], string>> = { allow: 'Allowed, since ', deny: 'Refused by ', ask: 'Waits for an approval, by ' }

/** The key counts apart by agent and rule. */
function limitsOf({ limits }: Decision, agent: AgentId): readonly (Rate & { readonly rule: string })[] {
  return limits.map(({ key, requests, perMs }) => ({ rule: key.slice(agent.length + 1), requests, perMs }))
}
