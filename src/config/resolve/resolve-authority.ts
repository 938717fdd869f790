import type { AuthorityConfig, LifetimesConfig, LoginConfig } from '../config.ts'
import type { References } from '../references.ts'
import type { ConfigText } from '../schema/config-schema.ts'
import { resolveConnect } from './resolve-connect.ts'

type AuthorityText = NonNullable<ConfigText['authority']>

/** The `authority` section with its secrets and certificates read. */
export async function resolveAuthority(text: AuthorityText, references: References): Promise<AuthorityConfig> {
  return {
    url: text.url,
    address: text.address,
    tls: text.tls === undefined ? undefined : await resolveTls(text.tls, references),
    allowPlaintext: text.unsafe_allow_plaintext,
    behindProxy: text.behind_proxy,
    login: text.login === undefined ? undefined : await resolveLogin(text.login, references),
    demoAccounts: text.unsafe_demo_accounts,
    roles: text.roles,
    lifetimes: lifetimesOf(text.lifetimes),
    audiences: text.audiences,
    resourceServers: text.resource_servers,
    clientMetadata: {
      hosts: text.client_metadata.hosts,
      connect: await resolveConnect(text.client_metadata.connect, ['authority', 'client_metadata', 'connect'], references),
    },
  }
}

async function resolveTls(tls: NonNullable<AuthorityText['tls']>, references: References): Promise<AuthorityConfig['tls']> {
  const at = ['authority', 'tls']
  return {
    certificatePem: await references.text(tls.certificate, [...at, 'certificate']),
    key: await references.secret(tls.key, [...at, 'key']),
    clientCaPem: tls.client_ca === undefined ? undefined : await references.text(tls.client_ca, [...at, 'client_ca']),
    trustDomain: undefined,
  }
}

async function resolveLogin(login: NonNullable<AuthorityText['login']>, references: References): Promise<LoginConfig> {
  const at = ['authority', 'login']
  return {
    issuer: login.issuer,
    clientId: login.client_id,
    clientSecret: login.client_secret === undefined ? undefined : await references.secret(login.client_secret, [...at, 'client_secret']),
    scopes: login.scopes,
    claims: login.claims,
    allowUnverifiedEmail: login.unsafe_unverified_email,
    connect: await resolveConnect(login.connect, [...at, 'connect'], references),
  }
}

function lifetimesOf(text: AuthorityText['lifetimes']): LifetimesConfig {
  return {
    delegationTokenMs: text.delegation_token,
    refreshTokenMs: text.refresh_token,
    consentDefaultMs: text.consent_default,
    consentMaxMs: text.consent_max,
    sessionMs: text.session,
    standInTokenMs: text.stand_in_token,
    browserSessionMs: text.browser_session,
    approvalAnswerMs: text.approval_answer,
    approvalValidMs: text.approval_valid,
    breakGlassMaxMs: text.break_glass_max,
    refreshReplayMs: text.refresh_replay,
  }
}
