import type { DelegatedAccess } from '../../store/ports/delegations.ts'
import { AS_BEFORE, readChoice, type Choice } from './choice.ts'
import type { ConsentIntegration } from './contract.ts'
import { narrow } from './narrow.ts'
import type { Offer } from './offer.ts'

/** What was approved, until when; or what stood in the form, and what is wrong with it. */
export type Decided =
  | { readonly access: readonly DelegatedAccess[]; readonly expiresAtMs: number }
  | { readonly choice: Choice; readonly problems: readonly string[] }

/** Reads an approving form: never more than the offer, whatever it says. Pure. */
export function decide(offer: Offer, form: URLSearchParams, integrations: ReadonlyMap<string, ConsentIntegration>, nowMs: number): Decided {
  const choice = readChoice(offer, form)
  const narrowed = narrow(offer, choice, integrations)
  if ('problems' in narrowed) return { choice, problems: narrowed.problems }
  const { access, durationMs } = narrowed
  const kept = durationMs === AS_BEFORE ? offer.standingEndMs : undefined
  return { access, expiresAtMs: kept ?? nowMs + durationMs }
}
