import type { OauthAgent, PersonName } from '../support/authority-world.ts'

/**
 * A step as the driver knows it: `undone`; `begun`, whose answer never came; `done`, whose answer came; and, of what had only begun, what was
 * found after the kill, which then has to stay so: `found_done` or, again, `undone`.
 */
export type Step = 'undone' | 'begun' | 'done' | 'found_done'

/** One approval from the question on, with all that the agent was given for it. */
export interface Approval {
  /** Named by this approval alone, so that it is known in the authority's list, whether its answer came or not. */
  readonly target: string
  readonly person: PersonName
  readonly agent: OauthAgent
  delegation: string | undefined
  granted: Step
  /** Where the person's browser was sent with the code. */
  code: string | undefined
  /** `used_up`: its answer was lost with the process, and the code is good once. */
  redeemed: Step | 'used_up'
  revoked: Step
  access: string | undefined
  refresh: string | undefined
  /** When the refresh began whose answer never came, monotonic. */
  refreshCutAtMs: number | undefined
  standIn: { readonly token: string, readonly goodUntilMs: number } | undefined
  secret: string | undefined
  /** Somebody uses it right now: nobody else does. */
  busy: boolean
  /** Acknowledged: tokens, stand-in tokens and secrets, and calls. */
  tokens: number
  standIns: number
  calls: number
}

export function newApproval(target: string, person: PersonName, agent: OauthAgent): Approval {
  return {
    target, person, agent, delegation: undefined, granted: 'undone', code: undefined, redeemed: 'undone', revoked: 'undone', access: undefined, refresh: undefined,
    refreshCutAtMs: undefined, standIn: undefined, secret: undefined, busy: false, tokens: 0, standIns: 0, calls: 0,
  }
}

/** Whether it stands as far as anybody was told. */
export function isLive({ granted, revoked }: Approval): boolean {
  return (granted === 'done' || granted === 'found_done') && revoked === 'undone'
}

export function isRevoked({ revoked }: Approval): boolean {
  return revoked === 'done' || revoked === 'found_done'
}
