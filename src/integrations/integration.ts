import type { InspectedBody } from '../http/body.ts'
import type { CanonicalRequest } from '../http/request.ts'
import type { Denial } from '../model/denial.ts'
import type { Code } from '../model/codes.ts'
import type { Layer } from '../model/decision.ts'
import type { Access, Operation } from '../model/operation.ts'

/** A configured upstream service: where it is, what its requests mean, how it refuses. One folder each. */
export interface Integration {
  /** The key in the configuration: `github`. Also the prefix in reverse mode. */
  readonly name: string
  /** Every origin a credential of this integration may be sent to; the first serves reverse mode. The one list: what is not in it is not served. */
  readonly origins: readonly Origin[]
  readonly catalogue: Catalogue
  readonly vocabulary: Vocabulary
  /**
   * The refusal in the form that this upstream's clients understand at once.
   * @param body of the request, parsed; undefined where it was not read, or could not be
   */
  denialAnswer(view: DenialView, request: CanonicalRequest, body?: unknown): DenialAnswer
  /** Names under which clients of this upstream could bring a credential of their own; refused in query and body, by any case. */
  readonly credentialFields: readonly string[]
  /** What its clients expect in their base URL below the origin, `/api` for Slack; the origin itself where absent. */
  readonly apiPath?: string
  /** Set only where the configuration says in words that this upstream takes no credential; where it is absent no call goes without one. */
  readonly credential?: 'none'
  /** The path that the prefix alone stands for in reverse mode, where the upstream is one endpoint; by default the origin's base path and `/`. */
  readonly endpoint?: string
  /** In reverse mode, the origin that a request of this method and path is for, where it is not the first. Pure. */
  reverseOrigin?(method: string, path: string): Origin | undefined
  /** Whether a rule may declare by its route what the catalogue does not know of this request; where absent, of every one. Pure. */
  mayDeclare?(request: CanonicalRequest): boolean
  /** Set where the upstream gives out sessions of its own: nobody but who began one may use it. */
  readonly sessions?: SessionWords
  /** How the answer to this operation is rewritten, so that it shows only what could be allowed; undefined where it passes as it is. */
  answerFilter?(operation: Operation, mayCall: MayCall): AnswerFilter | undefined
}

/** How an upstream names its sessions. */
export interface SessionWords {
  /** The field of requests and answers that holds a session's id; lower case. */
  readonly header: string
}

/** Whether some request that is this operation could be allowed: what only its body can tell counts in its favour. */
export type MayCall = (operation: Operation) => boolean

/** Rewrites what an answer shows. Pure. */
export interface AnswerFilter {
  /**
   * @param text one whole document: a JSON answer, or the data of one event of a stream
   * @returns what is passed on, or undefined where it cannot be judged: then nothing of it is
   */
  document(text: string): string | undefined
}

export interface Origin {
  readonly scheme: 'http' | 'https'
  /** Lower case. */
  readonly host: string
  readonly port: number
  /** Put before the path in reverse mode only, e.g. `/api`; '' for none. */
  readonly basePath: string
  /** Set where clients of this host are better off without HTTP/2: in a tunnel they are offered HTTP/1.1 alone. */
  readonly http2?: false
}

/** Knows the upstream's operations. Pure; O(path segments). */
export interface Catalogue {
  /** It tells a request that asks for a WebSocket from the GET that it also is; where absent, none of its operations is one. */
  readonly knowsWebSockets?: true
  /** @returns what the request is, or the denial `operation_unknown` or `path_refused` */
  match(request: CanonicalRequest): Match | Denial
}

export interface Match {
  /** The operation as far as method, path and query tell it. */
  readonly operation: Operation
  /** Where the body tells more (targets in an argument): the body is read, bounded and strict, and this gives the whole operation. */
  readonly inspect: ((body: InspectedBody) => Operation | Denial) | undefined
}

/** The upstream's words, so that policy can be checked at load and compared canonically. Pure. */
export interface Vocabulary {
  /** Resolves aliases (`pulls:read` is `pull_requests:read`). @returns the canonical name, or undefined where there is no such scope */
  canonicalScope(text: string): string | undefined
  /** Whether holding `granted` suffices for `needed`; both canonical. */
  covers(granted: string, needed: string): boolean
  /** The form in which targets and target globs are compared (case folded where the upstream folds it). */
  canonicalTarget(text: string): string
  /** Whether some request could act on a target of this text or glob; where absent, on every one. */
  possibleTarget?(text: string): boolean
  /** Every operation, for `lint` and for suggestions. */
  operations(): Iterable<OperationFacts>
}

export interface OperationFacts {
  readonly name: string
  readonly access: Access
  readonly alternatives: readonly (readonly string[])[]
}

/** What a refused client may know. */
export interface DenialView {
  readonly code: Code
  /** The code's own status; a shape may answer with another where its clients need that. */
  readonly status: number
  /** Public text of the code. */
  readonly title: string
  readonly hint: string | undefined
  readonly layer: Layer | undefined
  /** Rule id, e.g. `org/production-is-read-only`. */
  readonly rule: string | undefined
  /** `dec_…`: the same in the audit record. */
  readonly decisionId: string
  readonly missingScopes: readonly string[]
  readonly link: string | undefined
  readonly retryAfterSeconds: number | undefined
}

export interface DenialAnswer {
  readonly status: number
  /** Name, value, name, value …; without Content-Length. */
  readonly headers: readonly string[]
  readonly body: string
}
