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
  /** The servers that the agent will call with its tokens, and that act with them in its stead: by their address, and as which agent. */
  readonly servers?: readonly { readonly resource: string; readonly agent: AgentId; readonly name: string }[] | undefined
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

/** What came of a typed device code. */
export type SubmittedCode =
  /** @property setCookie to be sent with the redirect to `location`, where the question is asked */
  | { readonly kind: 'found', readonly location: string, readonly setCookie: string | undefined }
  /** No such code, used or over: it is not told which. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'too_often', readonly retryAfterMs: number }

/** The device flow's page, where a signed-in person types in what a device shows (RFC 8628). Attempts are bounded. */
export interface DeviceCodes {
  /** @param typed in any case, with or without separators */
  submit(request: IncomingMessage, person: PersonId, typed: string): Promise<SubmittedCode>
}

/** One request of an authenticated client at the token endpoint, for a grant type that is served outside the library. */
export interface ClientRequest {
  readonly clientId: string
  readonly agent: AgentId
  /** Whether it proved that it is this agent: not where it only named itself, or by the keys of its own document. */
  readonly authenticated: boolean
  /** As they were sent, those of the registered grant type alone; several values where it allows them. */
  readonly parameters: Readonly<Record<string, string | readonly string[]>>
  /** RFC 7638 thumbprint of the key of a DPoP proof that was sent and is good; undefined without one. */
  readonly jkt: string | undefined
  /** RFC 8705 thumbprint of the verified client certificate; undefined without one. */
  readonly x5t: string | undefined
}

/** The answer of the token endpoint: JSON. */
export interface ClientAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** A grant type of our own, such as token exchange (RFC 8693). */
export interface GrantType {
  /** `urn:ietf:params:oauth:grant-type:token-exchange`. */
  readonly name: string
  /** Parameters that it reads beside `grant_type` and those of client authentication. */
  readonly parameters: readonly string[]
  /** Those of them that may be given several times. */
  readonly repeatable: readonly string[]
  answer(request: ClientRequest): Promise<ClientAnswer>
}

/** A refresh token or an opaque access token as it stands, for introspection and revocation. */
export interface StoredToken {
  readonly kind: 'refresh_token' | 'access_token'
  /** A refresh token whose successor was made, and which is answered once more for a short while: no longer active, but still of its grant. */
  readonly used: boolean
  readonly clientId: string
  readonly person: PersonId
  /** The session's id; for our own command line the name of its sign-in. */
  readonly grant: string
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  readonly jkt: string | undefined
  readonly x5t: string | undefined
}

/** Looks tokens up that are kept, and ends what they stand for. */
export interface StoredTokens {
  /** @returns undefined where the token is not good, now: unknown, used up, over, its session ended or its agent revoked */
  find(token: string): Promise<StoredToken | undefined>
  /** Ends every token of a grant. For an agent's session: see `Revoker.session`, which ends that, too. */
  endGrant(grant: string): Promise<void>
}
