import { isLocalAddress, parseListenAddress } from '../../lib/listen-address.ts'
import type { ConfigText } from '../schema/config-schema.ts'
import type { Check, Finding } from './check.ts'

type AuthorityText = NonNullable<ConfigText['authority']>

/** Passwords, cookies and codes cross this port: by TLS, by a load balancer's, or because somebody wrote down that it is unsafe. */
export const checkAuthorityExposure: Check = function* ({ authority, listener, operations }) {
  if (authority === undefined) return
  const { address, tls, url } = authority
  const open = !isLocal(address)
  if (open && tls === undefined && !authority.behind_proxy && !authority.unsafe_allow_plaintext) {
    yield {
      at: ['authority', 'address'], problem: `${address} can be reached from other machines, and there is no TLS`,
      expected: 'a loopback address or a Unix socket, an `authority.tls` section, `behind_proxy: true`, or `unsafe_allow_plaintext: true`',
    }
  }
  if (url.startsWith('http:') && open) {
    yield { at: ['authority', 'url'], problem: 'browsers elsewhere would send their cookies without TLS', expected: 'a URL that begins with `https://`' }
  }
  if (url.startsWith('https:') && !open && tls === undefined && !authority.behind_proxy) {
    yield { at: ['authority', 'url'], problem: 'nothing ends TLS for this URL', expected: 'an `authority.tls` section, or `behind_proxy: true`' }
  }
  for (const [name, other] of [['listener', listener.address], ['operations', operations?.address]] as const) {
    if (other === address && !address.endsWith(':0')) yield { at: ['authority', 'address'], problem: `the ${name} has this address`, expected: 'an address of its own' }
  }
}

/** Somebody has to say who a person is; and the demo's way of it never leaves this machine. */
export const checkLogin: Check = function* ({ authority, listener }) {
  if (authority === undefined) return
  const demo = authority.unsafe_demo_accounts.length > 0
  if (authority.login === undefined && !demo) {
    yield { at: ['authority'], problem: 'nobody can sign in', expected: 'an `authority.login` section with your identity provider' }
  }
  if (!demo) return
  if (authority.login !== undefined) {
    yield { at: ['authority', 'unsafe_demo_accounts'], problem: 'there is an identity provider as well', expected: 'one of the two' }
  }
  if (!isLocal(authority.address) || !isLocal(listener.address)) {
    yield {
      at: ['authority', 'unsafe_demo_accounts'], problem: 'whoever reaches the authority can sign in as anybody, and other machines reach it',
      expected: 'loopback addresses in `authority.address` and `listener.address`, or `authority.login`',
    }
  }
}

/** A shorter thing inside a longer one. */
export const checkLifetimes: Check = function* ({ authority }) {
  if (authority === undefined) return
  yield* bounded(authority, 'delegation_token', 60_000, 86_400_000)
  yield* bounded(authority, 'refresh_replay', 0, 120_000)
  yield* bounded(authority, 'stand_in_token', 10_000, 3_600_000)
  yield* bounded(authority, 'consent_max', 60_000, 400 * 86_400_000)
  yield* bounded(authority, 'browser_session', 60_000, 30 * 86_400_000)
  yield* bounded(authority, 'break_glass_max', 60_000, 86_400_000)
  const { consent_default: preset, consent_max: longest } = authority.lifetimes
  if (preset > longest) {
    yield { at: ['authority', 'lifetimes', 'consent_default'], problem: 'it is longer than `consent_max`', expected: 'at most `consent_max`' }
  }
}

/** One store, described once. */
export const checkStore: Check = function* ({ store }) {
  const { redis } = store
  if (redis === undefined) return
  if (store.file !== undefined) yield { at: ['store', 'redis'], problem: 'there is a `file` as well', expected: '`file` or `redis`' }
  if ((redis.topology === 'sentinel') !== (redis.master !== undefined)) {
    yield { at: ['store', 'redis', 'master'], problem: '`master` names what the sentinels watch', expected: '`master` with `topology: sentinel`, and with no other' }
  }
  if (redis.topology === 'cluster' && redis.database !== 0) {
    yield { at: ['store', 'redis', 'database'], problem: 'a cluster has one database', expected: '0' }
  }
  const away = redis.nodes.some(({ host }) => !['localhost', '127.0.0.1', '::1'].includes(host))
  if (away && redis.tls === undefined && !redis.unsafe_allow_plaintext) {
    yield { at: ['store', 'redis'], problem: 'another machine is reached without TLS', expected: 'a `tls` section (`tls: {}` for the system’s roots), or `unsafe_allow_plaintext: true`' }
  }
}

/** Who connects an account has to come back to somewhere. */
export const checkPeopleConnect: Check = function* ({ authority, integrations }) {
  if (authority !== undefined) return
  for (const [name, integration] of Object.entries(integrations)) {
    const at = integration.type === 'github' && integration.oauth !== undefined ? ['oauth']
      : integration.type === 'slack' && integration.user_scopes !== undefined ? ['user_scopes']
        : (integration.type === 'routes' || integration.type === 'mcp') && typeof integration.credential === 'object' && 'oauth' in integration.credential ? ['credential', 'oauth'] : undefined
    if (at !== undefined) yield { at: ['integrations', name, ...at], problem: 'people connect accounts at the authority, and there is none', expected: 'an `authority` section' }
  }
}

function* bounded(authority: AuthorityText, key: keyof AuthorityText['lifetimes'], leastMs: number, mostMs: number): Iterable<Finding> {
  const value = authority.lifetimes[key]
  if (value >= leastMs && value <= mostMs) return
  yield { at: ['authority', 'lifetimes', key], problem: 'the duration is out of bounds', expected: `${leastMs / 1000}s to ${mostMs / 1000}s` }
}

/** The schema has seen that it is an address: what is none is reachable by nobody, and told there. */
function isLocal(text: string): boolean {
  const address = parseListenAddress(text)
  return address !== undefined && isLocalAddress(address)
}
