import type { ListenerConfig } from '../../config/config.ts'
import type { DataPlane } from './data-plane.ts'

/** Where an agent beside the proxy reaches an integration by base URL; '' while the proxy does not listen, or on a Unix socket. */
export function baseUrlOf({ tls }: ListenerConfig, dataPlane: DataPlane | undefined, integration: string): string {
  const address = dataPlane?.listener.address
  if (address === undefined || address.startsWith('unix:')) return ''
  return `${tls === undefined ? 'http' : 'https'}://${address}/${integration}`
}
