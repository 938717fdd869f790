import type { ListenerConfig } from '../../config/config.ts'
import type { IntegrationIndex } from '../../integrations/integration-index.ts'
import type { DataPlane } from './data-plane.ts'

/** What clients of an integration, beside the proxy, take as their base URL; '' while the proxy does not listen, or on a Unix socket. */
export function baseUrlOf({ tls }: ListenerConfig, dataPlane: DataPlane | undefined, integrations: IntegrationIndex, name: string): string {
  const address = dataPlane?.listener.address
  if (address === undefined || address.startsWith('unix:')) return ''
  return `${tls === undefined ? 'http' : 'https'}://${address}/${name}${integrations.byName(name)?.apiPath ?? ''}`
}
