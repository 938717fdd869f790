import type { Credential } from './credential.ts'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** A credential that can be read, and neither changed nor logged: what prints or serialises it whole sees no secret. */
export function frozenCredential(members: Omit<Credential, never>): Credential {
  const { accessToken: _, authorization: __, ...shown } = members
  const hidden = (): object => ({ ...shown, accessToken: '[hidden]', authorization: '[hidden]' })
  return Object.freeze(Object.defineProperties({ ...members }, { toJSON: { value: hidden }, [INSPECT]: { value: hidden } }))
}
