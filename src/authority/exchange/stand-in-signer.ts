import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Clock } from '../../lib/clock.ts'
import { Secret } from '../../lib/secret.ts'
import type { SigningKey } from '../tokens/sign-delegation-token.ts'
import type { StandInSigner } from './contract.ts'

export interface StandInSignerOptions {
  readonly issuer: string
  /** The key that signs now. */
  key(): Promise<SigningKey>
  readonly clock: Clock
  clientId(agent: string): string
}

/**
 * Signs stand-in tokens: delegation tokens (RFC 9068) of one integration and no more than was asked for, which `postern_use` keeps to calls
 * through the proxy. One that a server asked for names it in `postern_via`, which a proxy that does not know it refuses. One that was asked for with a bound token is bound likewise.
 */
export function createStandInSigner({ issuer, key, clock, clientId }: StandInSignerOptions): StandInSigner {
  return {
    async sign({ agent, delegation, via }, access, expiresAtMs, proofs) {
      const { kid, algorithm, privateKey } = await key()
      const cnf = { ...(proofs.jkt === undefined ? {} : { jkt: proofs.jkt }), ...(proofs.x5t === undefined ? {} : { 'x5t#S256': proofs.x5t }) }
      const payload = {
        act: { sub: delegation.person, ...(delegation.personName === undefined ? {} : { name: delegation.personName }) },
        postern_profile: 'postern',
        postern_use: 'stand_in',
        integration: access.integration,
        ...(via === undefined ? {} : { postern_via: via }),
        client_id: clientId(via ?? agent),
        dlg: delegation.id,
        ...(delegation.session === undefined ? {} : { sid: delegation.session }),
        scope: access.scopes.map((scope) => `${access.integration}:${scope}`).join(' '),
        authorization_details: [{ type: 'postern', integration: access.integration, scopes: access.scopes, targets: access.targets }],
        ...(Object.keys(cnf).length === 0 ? {} : { cnf }),
      }
      const token = await new SignJWT(payload).setProtectedHeader({ alg: algorithm, kid, typ: 'at+jwt' })
        .setIssuer(issuer).setAudience(issuer).setSubject(agent).setJti(randomUUID())
        .setIssuedAt(Math.floor(clock.nowMs() / 1000)).setExpirationTime(Math.floor(expiresAtMs / 1000)).sign(privateKey)
      return new Secret(token)
    },
  }
}
