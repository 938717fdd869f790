import type { AccessToken, AdapterPayload, ClientCredentials } from 'oidc-provider'
import { Provider } from 'oidc-provider'
import type { TokenIssuance } from '../token-issuance.ts'

/** What a token class of the library's makes of itself when it is saved; what has a payload is stored. */
interface Formatted {
  getValueAndPayload(): Promise<{ readonly value: string, readonly payload?: AdapterPayload }>
}

type Constructor<T> = new (...parameters: never[]) => T

/**
 * Puts our own tokens in the place of the library's: it signs nothing, so that our keys can be rotated while it runs. Opaque ones (of the admin
 * API) stay its own.
 */
export function issueOwnTokens(provider: Provider, issuance: TokenIssuance): void {
  replaceClass<AccessToken>(provider, 'AccessToken', async (token, library) => {
    if (token.format === 'jwt') return { value: await issuance.delegationToken(contextNow(), token) }
    await issuance.adminToken(token)
    return library()
  })
  replaceClass<ClientCredentials>(provider, 'ClientCredentials', async (token) => ({ value: await issuance.agentToken(token) }))
}

type Format<T> = (token: T, library: Formatted['getValueAndPayload']) => ReturnType<Formatted['getValueAndPayload']>

function replaceClass<T>(provider: Provider, name: 'AccessToken' | 'ClientCredentials', format: Format<T>): void {
  const Library = (provider as unknown as Record<typeof name, Constructor<T & Formatted>>)[name]
  // The library asks the class for its name: it is that of the adapter and of the stored records.
  const { [name]: Own } = {
    [name]: class extends (Library as Constructor<Formatted>) {
      override getValueAndPayload(): ReturnType<Formatted['getValueAndPayload']> {
        return format(this as unknown as T, () => super.getValueAndPayload())
      }
    },
  }
  Object.defineProperty(provider, name, { value: Own, writable: false, configurable: false })
}

function contextNow(): NonNullable<typeof Provider.ctx> {
  const context = Provider.ctx
  if (context === undefined) throw new TypeError('a token is issued in answer to a request')
  return context
}
