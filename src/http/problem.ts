import { CODES, type Code } from '../model/codes.ts'
import type { Denial } from '../model/denial.ts'
import { METHODS } from './method.ts'

/** What a refused client may know. */
export interface ProblemView {
  readonly code: Code
  readonly status: number
  readonly title: string
  readonly hint: string | undefined
  readonly layer: string | undefined
  readonly rule: string | undefined
  /** `dec_…`: the same in the audit record. */
  readonly decisionId: string
  readonly missingScopes: readonly string[]
  readonly link: string | undefined
  readonly retryAfterSeconds: number | undefined
}

/** An answer of our own, whole. */
export interface ProblemAnswer {
  readonly status: number
  /** Name, value, name, value …; without Content-Length. */
  readonly headers: readonly string[]
  readonly body: string
}

/** Whom the client was talking to: a proxy (CONNECT, absolute form) asks with 407, an origin with 401. */
export type ChallengedAs = 'proxy' | 'origin'

const UNAUTHENTICATED = 401
/** RFC 9110 section 15.5.6: a 405 says what is accepted. */
const ALLOW = METHODS.join(', ')
const CHALLENGES = ['Basic realm="postern", charset="UTF-8"', 'Bearer realm="postern"']

/** The public part of a denial. */
export function problemOf(denial: Denial, decisionId: string): ProblemView {
  const { status, title } = CODES[denial.denial]
  return {
    code: denial.denial,
    status,
    title,
    hint: denial.hint,
    layer: denial.layer,
    rule: denial.rule?.id,
    decisionId,
    missingScopes: denial.missingScopes ?? [],
    link: denial.link,
    retryAfterSeconds: denial.retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(denial.retryAfterMs / 1000)),
  }
}

/**
 * Problem details (RFC 9457) with `Proxy-Status` (RFC 9209), which also those clients see that hide the body of a refused CONNECT.
 * Where the agent is not known, the challenge that clients wait for (RFC 9110 section 11).
 */
export function problemAnswer(view: ProblemView, as: ChallengedAs): ProblemAnswer {
  const status = view.status === UNAUTHENTICATED && as === 'proxy' ? 407 : view.status
  const headers = ['Content-Type', 'application/problem+json', 'Cache-Control', 'no-store', 'Proxy-Status', proxyStatus(view)]
  if (view.status === UNAUTHENTICATED) {
    const name = as === 'proxy' ? 'Proxy-Authenticate' : 'WWW-Authenticate'
    for (const challenge of CHALLENGES) headers.push(name, challenge)
  }
  if (view.code === 'method_refused') headers.push('Allow', ALLOW)
  if (view.retryAfterSeconds !== undefined) headers.push('Retry-After', String(view.retryAfterSeconds))
  return { status, headers, body: `${JSON.stringify(problemDetails(view, status))}\n` }
}

function problemDetails(view: ProblemView, status: number): Readonly<Record<string, unknown>> {
  return {
    type: `urn:postern:${view.code}`,
    title: view.title,
    status,
    ...(view.hint === undefined ? {} : { detail: view.hint }),
    code: view.code,
    ...(view.layer === undefined ? {} : { layer: view.layer }),
    ...(view.rule === undefined ? {} : { rule: view.rule }),
    decision: view.decisionId,
    ...(view.missingScopes.length === 0 ? {} : { missing_scopes: view.missingScopes }),
    ...(view.link === undefined ? {} : { link: view.link }),
  }
}

function proxyStatus(view: ProblemView): string {
  const rule = view.rule === undefined ? '' : ` rule=${view.rule}`
  // An sf-string holds printable ASCII (RFC 8941 section 3.3.3).
  const details = `${view.code}${rule} decision=${view.decisionId}`.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')
  return `postern; error=${CODES[view.code].proxyStatus}; details="${details}"`
}
