import type { Configuration } from 'oidc-provider'

/**
 * The library's own cookies. The one that counts binds the end of an interaction to its browser; it lies under the interaction's own path, so that
 * it can be no `__Host-` one. Which browser may answer is told by ours (`BrowserBinding`).
 * @param key signs them
 */
export function libraryCookies(secure: boolean, key: Buffer): NonNullable<Configuration['cookies']> {
  const flags = { httpOnly: true, sameSite: 'lax', secure, signed: true, overwrite: true } as const
  const prefix = secure ? '__Secure-' : ''
  return {
    names: { session: `${prefix}postern-oauth`, interaction: `${prefix}postern-interaction`, resume: `${prefix}postern-resume` },
    long: { ...flags },
    short: { ...flags },
    keys: [key],
  }
}
