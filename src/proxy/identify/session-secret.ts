import { deny, type Denial } from '../../model/denial.ts'
import { matchesSessionSecret, sessionOfSecret } from '../../model/session-secret.ts'
import type { Directory } from '../../sync/contract.ts'
import type { DelegationToken } from './verified-token.ts'

/**
 * Takes a session secret for what the session and its delegation are at this moment: there is nothing else that it could say. O(1).
 * @returns `token_invalid`, `session_ended` or `delegation_revoked` where it is no good
 */
export function verifySessionSecret(directory: Directory, text: string): DelegationToken | Denial {
  const id = sessionOfSecret(text)
  if (id === undefined) return deny('token_invalid', 'the session secret is not well-formed')
  const session = directory.session(id)
  if (session === undefined) return deny('session_ended', `the session ${id} has ended, or there never was one`)
  if (session.secretDigest === undefined || !matchesSessionSecret(text, session.secretDigest)) {
    return deny('token_invalid', `the session secret is not that of ${id}`, { hint: 'A newer session secret may have taken its place.' })
  }
  const record = directory.delegation(session.delegation)
  if (record === undefined) return deny('delegation_revoked', `the delegation ${session.delegation} is not good any more`)
  return {
    kind: 'delegation',
    by: 'session',
    agent: record.agent,
    delegation: {
      id: record.id,
      person: record.person,
      personName: record.personName,
      session: id,
      consent: record.consent,
      expiresAtMs: Infinity,
    },
    confirmation: undefined,
    kept: true,
    onlyIntegration: undefined,
    via: undefined,
  }
}
