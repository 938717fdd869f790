import { randomUUID } from 'node:crypto'

/** A question to the person that is answered on a page of ours (MCP: URL mode elicitation). */
export interface UrlQuestion {
  mode: 'url'
  message: string
  url: string
  elicitationId: string
}

/** What SDK v1 and v2 export under this name; handed in, so that this package loads neither. */
export type UrlElicitationRequired = new (questions: UrlQuestion[], message?: string) => Error

/** What of SDK v2's `inputRequired` is used; what it makes of a question is its own, and only handed back to it. */
export interface InputRequired {
  (spec: { inputRequests: Record<string, never> }): object
  elicitUrl(question: { message: string; url: string }): unknown
}

/** How links reach the person, by what the server's SDK has. */
export interface Elicitation {
  /** SDK v1's `UrlElicitationRequiredError`: an error that clients of the protocol up to 2025-11-25 know. */
  readonly UrlElicitationRequiredError?: UrlElicitationRequired
  /** SDK v2's `inputRequired`: serves clients of every revision, and goes before the error. */
  readonly inputRequired?: InputRequired
}

/** Under which the client answers. */
export const QUESTION = 'postern'

/** Puts the link before the person. @returns what the tool returns @throws SDK v1's error; undefined where there is no way to ask */
export function askByUrl({ inputRequired, UrlElicitationRequiredError }: Elicitation, message: string, url: string): object | undefined {
  if (inputRequired !== undefined) return inputRequired({ inputRequests: { [QUESTION]: inputRequired.elicitUrl({ message, url }) as never } })
  if (UrlElicitationRequiredError === undefined) return undefined
  throw new UrlElicitationRequiredError([{ mode: 'url', message, url, elicitationId: randomUUID() }], message)
}
