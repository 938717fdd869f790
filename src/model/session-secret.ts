import { hash, timingSafeEqual } from 'node:crypto'
import { parseId, type SessionId } from './ids.ts'

/** `ses_….` and 32 random bytes in base64url. */
const FORM = /^(ses_[A-Za-z0-9_-]{1,64})\.[A-Za-z0-9_-]{43}$/

/** Whether a text claims to be a session secret: no JWT begins so. */
export function looksLikeSessionSecret(text: string): boolean {
  return text.startsWith('ses_')
}

/** The session that a secret names; undefined where it is not of the form `ses_….SECRET`. */
export function sessionOfSecret(text: string): SessionId | undefined {
  const id = FORM.exec(text)?.[1]
  return id === undefined ? undefined : parseId('ses', id)
}

/** What is kept of a session secret: SHA-256 of the whole text, base64url. */
export function digestOfSessionSecret(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** Whether this is the secret of which the digest is kept; in constant time. */
export function matchesSessionSecret(text: string, digest: string): boolean {
  const [shown, kept] = [Buffer.from(digestOfSessionSecret(text)), Buffer.from(digest)]
  return shown.length === kept.length && timingSafeEqual(shown, kept)
}
