import type { ClientOptions } from '../client-options.ts'
import type { SessionStore } from './session-store.ts'

/** What of one integration a person is asked for (RFC 9396, type `postern`). */
export interface AccessRequest {
  readonly integration: string
  /** In the integration's words: `pulls:read`. */
  readonly scopes: readonly string[]
  /** Patterns: `acme-corp/*`. */
  readonly targets: readonly string[]
}

/** What both ways of signing in have in common. */
export interface LoginRequest extends ClientOptions {
  /** `github:pulls:read`: one, several, or several separated by spaces; for all targets. */
  readonly scope?: string | readonly string[]
  /** The same with targets; may stand beside `scope`. */
  readonly access?: readonly AccessRequest[]
  /** `ses_…` of a run of this agent for the same person: what is approved now is added to it. */
  readonly session?: string
  /** Where the session is kept, so that the next start needs no person. Default: nowhere. */
  readonly store?: SessionStore
  /** Ends the sign-in, with its reason. */
  readonly signal?: AbortSignal
  /** How long a person may take. Default 10 minutes. */
  readonly loginTimeoutMs?: number
}

/** Options of `login()`: how the person is shown the way, and what they are asked. */
export type LoginOptions =
  | LoginRequest & {
    /** By a browser on this machine: code and PKCE, answered on a port of 127.0.0.1 (RFC 8252). The default. */
    readonly flow?: 'loopback'
    /** Opens or prints the address; nothing is printed by itself. */
    readonly openUrl: (url: string) => void | Promise<void>
    /** The path of the agent's registered redirect URI. Default `/callback`. */
    readonly redirectPath?: string
  }
  | LoginRequest & {
    /** By a browser anywhere, for programs without one (RFC 8628). */
    readonly flow: 'device'
    /** Shows the person where to go and which code to type in. */
    readonly onUserCode: (prompt: DevicePrompt) => void | Promise<void>
  }

/** What a person needs who signs in on another device. */
export interface DevicePrompt {
  readonly userCode: string
  /** Where they type it in. */
  readonly url: string
  /** The same with the code in it, for a QR code; they still compare it. Undefined where the authority has none. */
  readonly completeUrl: string | undefined
  readonly expiresAt: Date
}
