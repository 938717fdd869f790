import { sameSecret } from '../../lib/same-secret.ts'
import type { BrowserSignIn } from './contract.ts'

/** Whether a form, or the `Postern-Csrf` header, brought the token of this browser's session. Takes the same time for every wrong one. */
export function matchesCsrf(signIn: Pick<BrowserSignIn, 'csrf'>, given: string | null | undefined): boolean {
  return given !== null && given !== undefined && sameSecret(signIn.csrf, given)
}
