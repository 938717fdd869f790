import type { AuditLog } from '../../audit/log.ts'
import { createIdentityProvider, type IdentityProvider } from '../../authority/login/identity-provider.ts'
import type { LoginDependencies } from '../../authority/login/login-routes.ts'
import { createBrowserSessions } from '../../authority/people/browser-sessions.ts'
import type { BrowserSessions, Roles } from '../../authority/people/contract.ts'
import { createRoles } from '../../authority/people/roles.ts'
import type { AuthorityConfig } from '../../config/config.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Store } from '../../store/ports/store.ts'
import type { OwnHttp } from './dial-settings.ts'

export interface PeopleServicesOptions {
  readonly config: AuthorityConfig
  readonly url: string
  readonly store: Store
  readonly own: OwnHttp
  readonly audit: AuditLog
  readonly clock: Clock
  report(error: unknown): void
}

/** Who people are, and what the pages know of them. */
export interface PeopleServices {
  readonly roles: Roles
  readonly sessions: BrowserSessions
  readonly login: LoginDependencies
}

/** Sign-in by the identity provider that is configured, or by the demo's accounts. */
export function peopleServices(options: PeopleServicesOptions): PeopleServices {
  const { config, url, store, audit, clock, report } = options
  const provider = identityProvider(options)
  const roles = createRoles({ members: () => config.roles, approvals: store.approvals, clock })
  const sessions = createBrowserSessions({
    shortLived: store.shortLived,
    people: store.people,
    roles,
    clock,
    lifetimeMs: () => config.lifetimes.browserSessionMs,
    signOutUrl: (idToken) => provider?.signOutUrl(idToken) ?? Promise.resolve(undefined),
  })
  const by = provider !== undefined && config.login !== undefined
    ? { provider, claims: { claims: config.login.claims, allowUnverifiedEmail: config.login.allowUnverifiedEmail } }
    : { demoAccounts: config.demoAccounts }
  const login = { url, behindProxy: config.behindProxy, sessions, people: store.people, shortLived: store.shortLived, audit, clock, report, by }
  return { roles, sessions, login }
}

function identityProvider({ config: { login }, url, own, clock }: PeopleServicesOptions): IdentityProvider | undefined {
  if (login === undefined) return undefined
  const { issuer, clientId, clientSecret, scopes, claims, connect } = login
  return createIdentityProvider({
    issuer, clientId, clientSecret, scopes, wanted: Object.values(claims), http: own.client(connect), clock,
    redirectUri: `${url}/login/callback`, signedOutUri: `${url}/signed-out`,
  })
}
