import type { AddressInfo } from 'node:net'
import type { OperationsConfig } from '../../config/config.ts'
import type { OwnListener } from '../../egress/address-guard.ts'
import { formatListenAddress, parseListenAddress } from '../../lib/listen-address.ts'
import type { Metrics } from '../../proxy/operations/metrics.ts'
import { startOperations } from '../../proxy/operations/operations-server.ts'
import type { Readiness } from '../../proxy/operations/readiness.ts'

export interface OpenOperations {
  /** `127.0.0.1:9090`, `[::1]:9090`, `unix:/run/postern/operations.sock`. */
  readonly address: string
  close(): Promise<void>
}

/** Opens the second port: health, readiness, metrics. */
export async function openOperations(config: OperationsConfig, readiness: Readiness, metrics: Metrics): Promise<OpenOperations> {
  const server = await startOperations({
    address: addressOf(config.address),
    token: config.token,
    // A configuration without a token has said so in words that begin with unsafe_.
    unsafeUnauthenticated: config.token === undefined,
    readiness,
    metrics,
  })
  return { address: textOf(server.address, config.address), close: () => server.close() }
}

/** @returns the address and port that must never be dialled; none for a Unix socket */
export function ownListenerOf(address: string | undefined): readonly OwnListener[] {
  const parsed = address === undefined ? undefined : parseListenAddress(address)
  return parsed?.kind === 'tcp' ? [{ address: parsed.host, port: parsed.port }] : []
}

function addressOf(text: string): { host: string; port: number } | { path: string } {
  const parsed = parseListenAddress(text)
  if (parsed === undefined) throw new TypeError(`not an address: ${text}`)
  return parsed
}

function textOf(bound: AddressInfo | string | null, configured: string): string {
  if (bound === null || typeof bound === 'string') return configured
  return formatListenAddress({ kind: 'tcp', host: bound.address, port: bound.port })
}
