import { createHash, timingSafeEqual } from 'node:crypto'
import type { BrowserSignIn } from './contract.ts'

/** Whether a form, or the `Postern-Csrf` header, brought the token of this browser's session. Takes the same time for every wrong one. */
export function matchesCsrf(signIn: Pick<BrowserSignIn, 'csrf'>, given: string | null | undefined): boolean {
  return given !== null && given !== undefined && sameSecret(signIn.csrf, given)
}

/** Compares by digest: neither content nor length shows in the time it takes. */
export function sameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
