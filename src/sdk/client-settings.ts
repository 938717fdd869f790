import type { ClientOptions, ClientSettings } from './client-options.ts'
import { misconfigured } from './errors/misconfigured.ts'
import { checkedClientAuth } from './oauth/client-auth.ts'
import { checkedOrigin } from './checked-origin.ts'

const DEFAULT_TIMEOUT_MS = 30_000
const MAX_TIMEOUT_MS = 600_000

/** Checks what a program gave, before anything is sent. @throws ConfigurationError */
export function clientSettings(options: ClientOptions): ClientSettings {
  const { authorityUrl, clientId, clientAuth = { method: 'none' }, timeoutMs = DEFAULT_TIMEOUT_MS } = options
  if (typeof clientId !== 'string' || clientId === '') throw misconfigured('clientId has to be the agent’s name at the authority')
  if (!Number.isFinite(timeoutMs) || timeoutMs <= 0 || timeoutMs > MAX_TIMEOUT_MS) throw misconfigured(`timeoutMs has to be between 1 and ${MAX_TIMEOUT_MS}`)
  return {
    issuer: checkedOrigin('authorityUrl', authorityUrl, options.unsafe_plainHttp === true),
    clientId,
    clientAuth: checkedClientAuth(clientAuth),
    timeoutMs,
  }
}
