import { randomBytes } from 'node:crypto'

/** Somebody whom Keycloak knows. */
export interface KeycloakUser {
  readonly username: string
  readonly firstName: string
  readonly lastName: string
  readonly verified: boolean
  readonly groups: readonly string[]
}

export const USERS = {
  alice: { username: 'alice', firstName: 'Alice', lastName: 'Chen', verified: true, groups: ['platform-ops', 'engineering'] },
  bob: { username: 'bob', firstName: 'Bob', lastName: 'Diaz', verified: true, groups: [] },
  carol: { username: 'carol', firstName: 'Carol', lastName: 'Weber', verified: false, groups: [] },
  dave: { username: 'dave', firstName: 'Dave', lastName: 'Okoro', verified: true, groups: [] },
  erin: { username: 'erin', firstName: 'Erin', lastName: 'Lund', verified: true, groups: ['platform-ops'] },
  frank: { username: 'frank', firstName: 'Frank', lastName: 'Moreau', verified: true, groups: [] },
} as const satisfies Readonly<Record<string, KeycloakUser>>
export type UserName = keyof typeof USERS

export const REALM = 'acme'
export const CLIENT_ID = 'postern'

export interface RealmOptions {
  /** Where our authorities are, as browsers know them. */
  readonly origins: readonly string[]
  readonly clientSecret: string
  readonly password: string
}

/** Long enough that nobody guesses it while the tests run. */
export const newPassword = (): string => randomBytes(18).toString('base64url')

/** A user as Keycloak's import and its admin API take one. Pure. */
export function userRepresentation({ username, firstName, lastName, verified, groups }: KeycloakUser, password: string): Readonly<Record<string, unknown>> {
  return {
    username, firstName, lastName, email: `${username}@acme.com`, emailVerified: verified, enabled: true, groups,
    credentials: [{ type: 'password', value: password, temporary: false }],
  }
}

/** A realm as an administrator of Keycloak would set it up for us: a confidential client with PKCE, and groups in the ID token. Pure. */
export function realm({ origins, clientSecret, password }: RealmOptions): Readonly<Record<string, unknown>> {
  return {
    realm: REALM,
    enabled: true,
    groups: [...new Set(Object.values(USERS).flatMap(({ groups }) => groups))].map((name) => ({ name })),
    users: Object.values(USERS).map((user) => userRepresentation(user, password)),
    clients: [{
      clientId: CLIENT_ID,
      protocol: 'openid-connect',
      publicClient: false,
      secret: clientSecret,
      standardFlowEnabled: true,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      redirectUris: origins.map((origin) => `${origin}/login/callback`),
      attributes: {
        'pkce.code.challenge.method': 'S256',
        'post.logout.redirect.uris': origins.map((origin) => `${origin}/signed-out`).join('##'),
      },
      protocolMappers: [{
        name: 'groups',
        protocol: 'openid-connect',
        protocolMapper: 'oidc-group-membership-mapper',
        config: { 'claim.name': 'groups', 'full.path': 'false', 'id.token.claim': 'true', 'access.token.claim': 'false', 'userinfo.token.claim': 'false' },
      }],
    }],
  }
}
