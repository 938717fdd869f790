import type { YamlPath } from '../../lib/yaml-document.ts'
import type { IdentityConfig, IssuerConfig } from '../config.ts'
import type { References } from '../references.ts'
import { connectSchema } from '../schema/connect.ts'
import type { ConfigText } from '../schema/config-schema.ts'
import { resolveConnect } from './resolve-connect.ts'

type IdentityText = ConfigText['identity']
type IssuerText = NonNullable<IdentityText['service_accounts']>

const JWKS_HINT = 'a readable key set; `postern agent token` makes one for development'

/** The `identity` section; a key set's file has to be there. */
export async function resolveIdentity(identity: IdentityText, references: References): Promise<IdentityConfig> {
  const { delegation_tokens: delegation, service_accounts: accounts } = identity
  return {
    delegationTokens: delegation === undefined ? undefined : {
      ...await resolveIssuer(delegation, ['identity', 'delegation_tokens'], references),
      claims: delegation.claims,
    },
    serviceAccounts: accounts === undefined ? undefined : await resolveIssuer(accounts, ['identity', 'service_accounts'], references),
  }
}

async function resolveIssuer(text: IssuerText, at: YamlPath, references: References): Promise<IssuerConfig> {
  const { issuer, audience, jwks, max_lifetime: maxLifetimeMs } = text
  return { issuer, audience, maxLifetimeMs, jwks: await resolveJwks(jwks, [...at, 'jwks'], references) }
}

async function resolveJwks(jwks: IssuerText['jwks'], at: YamlPath, references: References): Promise<IssuerConfig['jwks']> {
  if ('file' in jwks) return { file: await references.readable(jwks.file, [...at, 'file'], JWKS_HINT) }
  return { url: jwks.url, connect: await resolveConnect(jwks.connect ?? connectSchema.parse({}), [...at, 'connect'], references) }
}
