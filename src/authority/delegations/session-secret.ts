import { randomBytes } from 'node:crypto'
import type { SessionId } from '../../model/ids.ts'
import { digestOfSessionSecret } from '../../model/session-secret.ts'

const SECRET_BYTES = 32

/** A new session secret, `ses_….SECRET`, and the digest by which alone it is kept. */
export function createSessionSecret(session: SessionId): { readonly secret: string; readonly digest: string } {
  const secret = `${session}.${randomBytes(SECRET_BYTES).toString('base64url')}`
  return { secret, digest: digestOfSessionSecret(secret) }
}
