import { misconfigured } from '../errors/misconfigured.ts'
import type { LoginOptions } from './login-options.ts'

/** What a person is asked for, as the authority is sent it. */
export interface AccessFields extends Readonly<Record<string, string | undefined>> {
  readonly scope: string | undefined
  readonly authorization_details: string | undefined
  readonly postern_session: string | undefined
}

/** @throws ConfigurationError where nothing is asked for */
export function accessFields({ scope, access = [], session }: LoginOptions): AccessFields {
  const scopes = scope === undefined ? [] : (typeof scope === 'string' ? [scope] : scope).flatMap((text) => text.split(' ').filter((word) => word !== ''))
  if (scopes.length === 0 && access.length === 0) throw misconfigured('login() asks for something: name its scope or its access')
  const details = access.map(({ integration, scopes, targets }) => ({ type: 'postern', integration, scopes, targets }))
  return {
    scope: scopes.length === 0 ? undefined : [...new Set(scopes)].sort().join(' '),
    authorization_details: details.length === 0 ? undefined : JSON.stringify(details),
    postern_session: session,
  }
}
