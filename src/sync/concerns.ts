import type { Principal } from '../model/principal.ts'
import type { Revoked } from './contract.ts'

/**
 * Whether what was revoked takes with it whatever belongs to this principal: its streams, its credentials.
 * @param integration where the stream goes or the credential is good; undefined for what belongs to none
 */
export function concerns(revoked: Revoked, principal: Principal, integration: string | undefined): boolean {
  switch (revoked.kind) {
    case 'agent':
      return principal.agent === revoked.id || principal.via === revoked.id
    case 'delegation':
      return principal.delegation?.id === revoked.id
    case 'session':
      return principal.delegation?.session === revoked.id
    case 'connection':
      return integration !== undefined && principal.delegation?.standing?.connections[integration] === revoked.id
  }
}
