import { checkedOrigin } from './checked-origin.ts'
import type { ClientOptions } from './client-options.ts'
import type { Credential, Delivery, RequireOptions, TokenSource } from './credential.ts'
import { misconfigured } from './errors/misconfigured.ts'
import { AuthorityClient } from './oauth/authority-client.ts'
import type { Postern } from './postern.ts'
import { SharedCalls } from './shared-calls.ts'
import { exchangeToken, type ExchangeWish } from './token-exchange.ts'
import { unlessAborted } from './unless-aborted.ts'

/** Options of `createPostern()`. */
export interface PosternOptions extends ClientOptions {
  /** Where this agent reaches the proxy, if not where the authority says: `http://127.0.0.1:8080` of a sidecar. */
  readonly proxyUrl?: string
}

/**
 * Connects a program to its authority; nothing is sent before the first call.
 * @throws ConfigurationError for options that cannot work
 */
export function createPostern(options: PosternOptions): Postern {
  const client = new AuthorityClient(options)
  const proxyUrl = options.proxyUrl === undefined ? undefined : checkedOrigin('proxyUrl', options.proxyUrl, options.unsafe_plainHttp === true)
  const calls = new SharedCalls<Credential>()
  return {
    authorityUrl: client.settings.issuer,
    async require<D extends Delivery = 'proxied'>(integration: string, token: TokenSource, wanted: RequireOptions<D> = {}): Promise<Credential<D>> {
      const wish = await wishOf(integration, token, wanted)
      const credential = await calls.run(JSON.stringify(wish), wanted.signal, (signal) => exchangeToken(wish, client, proxyUrl, signal))
      // Its delivery is the one that was asked for: the exchange refuses any other.
      return credential as Credential<D>
    },
  }
}

async function wishOf(integration: string, source: TokenSource, { scope, target, delivery, signal }: RequireOptions<Delivery>): Promise<ExchangeWish> {
  if (typeof integration !== 'string' || integration === '') throw misconfigured('require() takes the name of an integration first')
  if (delivery !== undefined && delivery !== 'proxied' && delivery !== 'released') throw misconfigured('delivery is proxied or released')
  const token = await unlessAborted(Promise.resolve(typeof source === 'function' ? source() : source), signal)
  if (typeof token !== 'string' || token === '') throw misconfigured('require() takes a delegation token second, or a function that gives one')
  return { integration, token, scopes: words('scope', scope, / +/), targets: words('target', target, undefined), delivery: delivery ?? 'proxied' }
}

/** In one order, so that the same wish is the same in whatever order it was written. */
function words(name: string, given: string | readonly string[] | undefined, between: RegExp | undefined): readonly string[] {
  const list = given === undefined ? [] : typeof given === 'string' ? [given] : given
  if (!Array.isArray(list) || list.some((one) => typeof one !== 'string' || one === '')) throw misconfigured(`${name} has to be text, or a list of texts`)
  const all = between === undefined ? list : list.flatMap((one: string) => one.split(between).filter((word) => word !== ''))
  return [...new Set<string>(all)].sort()
}
