import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { dial, type DialSettings } from '../../egress/dial.ts'
import type { Principal } from '../../model/principal.ts'
import type { LiveExchanges } from '../live-exchanges.ts'

export interface TunnelEnd {
  readonly bytesIn: number
  readonly bytesOut: number
  readonly outcome: 'ok' | 'aborted' | 'revoked'
}

/** An opened tunnel to a host that no integration serves: bytes pass as they are, and no credential ever does. */
export interface Tunnel {
  /** Joins the two sides until either ends. */
  run(client: Duplex, head: Buffer): Promise<TunnelEnd>
  /** Ends the upstream's side of a tunnel that nobody will join. */
  abandon(): void
}

/**
 * Dials the host through the egress guard.
 * @throws EgressError where it cannot or may not be dialled
 */
export async function openTunnel(
  target: { readonly host: string; readonly port: number },
  principal: Principal,
  settings: DialSettings,
  live: LiveExchanges,
  idleTimeoutMs: number,
): Promise<Tunnel> {
  const upstream = await dial({ ...target, tls: false }, settings, new Map())
  // The client may leave before it is joined.
  upstream.on('error', () => undefined)
  upstream.setTimeout(idleTimeoutMs, () => upstream.destroy())
  return { run: (client, head) => join(client, head, upstream, principal, live), abandon: () => void upstream.destroy() }
}

function join(client: Duplex, head: Buffer, upstream: Socket, principal: Principal, live: LiveExchanges): Promise<TunnelEnd> {
  return new Promise((resolve) => {
    let outcome: TunnelEnd['outcome'] = 'ok'
    let bytesOut = 0
    const end = (): void => {
      client.destroy()
      upstream.destroy()
    }
    const unregister = live.add({
      principal,
      integration: undefined,
      cut: () => {
        outcome = 'revoked'
        client.destroy()
        return () => void upstream.destroy()
      },
    })
    upstream.on('data', (chunk: Buffer) => {
      bytesOut += chunk.length
    })
    client.on('error', () => {
      if (outcome === 'ok') outcome = 'aborted'
      end()
    })
    client.once('close', () => upstream.destroy())
    upstream.once('close', () => {
      client.destroy()
      unregister()
      resolve({ bytesIn: upstream.bytesWritten, bytesOut, outcome })
    })
    if (head.length > 0) upstream.write(head)
    client.pipe(upstream)
    upstream.pipe(client)
  })
}
