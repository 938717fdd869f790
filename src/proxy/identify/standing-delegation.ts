import { deny, type Denial } from '../../model/denial.ts'
import type { Delegation } from '../../model/principal.ts'
import type { DelegationRecord, Directory, SessionRecord } from '../../sync/contract.ts'
import type { DelegationToken } from './verified-token.ts'

/** What was made of a token last, and of which records: they are replaced when they change, never changed. */
const latest = new WeakMap<DelegationToken, { readonly record: DelegationRecord; readonly session: SessionRecord; readonly delegation: Delegation }>()

/**
 * The delegation of a token with all that stands about it at our own authority now: never cached, since a person may have had another word
 * since the token was signed. One of an outside issuer is as its token says.
 * @returns `delegation_revoked`, `delegation_expired`, `session_ended` or `proof_mismatch` where it is no good
 */
export function standingDelegation(token: DelegationToken, directory: Directory, nowMs: number): Delegation | Denial {
  const { delegation, agent } = token
  if (!token.kept) return delegation
  const record = directory.delegation(delegation.id)
  if (record === undefined) return deny('delegation_revoked', `the delegation ${delegation.id} is not good any more`)
  if (nowMs >= record.expiresAtMs) return deny('delegation_expired', `the delegation ${delegation.id} has expired`)
  if (record.agent !== agent || record.person !== delegation.person) {
    return deny('proof_mismatch', `the token and the delegation ${delegation.id} name different agents or persons`)
  }
  const session = delegation.session === undefined ? undefined : directory.session(delegation.session)
  if (session === undefined || nowMs >= session.expiresAtMs) return deny('session_ended', `the session ${delegation.session ?? ''} has ended`)
  if (session.delegation !== delegation.id) return deny('proof_mismatch', `the session ${session.id} is of another delegation`)
  const known = latest.get(token)
  if (known !== undefined && known.record === record && known.session === session) return known.delegation
  const standing = { ...delegation, standing: record, expiresAtMs: Math.min(delegation.expiresAtMs, record.expiresAtMs, session.expiresAtMs) }
  latest.set(token, { record, session, delegation: standing })
  return standing
}
