import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AgentId, PersonId, SessionId } from '../../model/ids.ts'
import type { ConsentDetail } from '../../model/principal.ts'
import type { DelegatedAccess } from '../../store/ports/delegations.ts'

/** What an OAuth client asks a person for. */
export interface AccessRequest {
  /** Names the interaction in its own URL. */
  readonly uid: string
  /** `delegation`: an agent wants to act for the person. `sign_in`: our own command line wants to know who it is. */
  readonly purpose: 'delegation' | 'sign_in'
  readonly clientId: string
  /** Undefined for `sign_in`. */
  readonly agent: { readonly id: AgentId; readonly name: string; readonly owner: string | undefined } | undefined
  /** `scope` and `authorization_details` (RFC 9396) together, by integration; aliases as they were sent. */
  readonly access: readonly ConsentDetail[]
  /** The running session that asks for more. */
  readonly extend: SessionId | undefined
  /** Where the answer goes: the redirect URI's origin, or `undefined` for a device. */
  readonly answerTo: string | undefined
  /** What the person compares with the device's screen. */
  readonly userCode: string | undefined
}

/** What the person decided. */
export type Answer =
  | { readonly kind: 'approved'; readonly access: readonly DelegatedAccess[]; readonly expiresAtMs: number }
  | { readonly kind: 'signed_in' }
  | { readonly kind: 'denied' }

/** The OAuth server's side of the pages that ask people. The interaction is bound to the browser that began it, by its cookie. */
export interface Interactions {
  /** @returns undefined where it is over, unknown, or another browser's (the back button, an old tab) */
  current(request: IncomingMessage, response: ServerResponse): Promise<AccessRequest | undefined>
  /**
   * Ends the interaction once, as this person.
   * @returns where the browser goes next; undefined where it is over by now
   */
  answer(request: IncomingMessage, response: ServerResponse, person: PersonId, answer: Answer): Promise<string | undefined>
}

/** Who shows a token of the admin API's (`/v1`). */
export interface AdminTokens {
  /** @returns undefined where the token is not good, now */
  person(token: string): Promise<PersonId | undefined>
}

/** Tokens and codes by the session that they belong to. */
export interface IssuedTokens {
  /** No refresh token, code or access token of this session is good any more. */
  endSession(session: SessionId): Promise<void>
}
