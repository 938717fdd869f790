import type { ListenerConfig, ListenerTlsConfig } from '../config.ts'
import type { References } from '../references.ts'
import type { ConfigText } from '../schema/config-schema.ts'
import { resolveConnect } from './resolve-connect.ts'

type ListenerText = ConfigText['listener']

/** The `listener` section with its certificates read. */
export async function resolveListener(listener: ListenerText, references: References): Promise<ListenerConfig> {
  return {
    address: listener.address,
    tls: listener.tls === undefined ? undefined : await resolveTls(listener.tls, references),
    allowPlaintext: listener.unsafe_allow_plaintext,
    boundAgent: boundAgentOf(listener, references),
    unmatched: listener.unmatched,
    unmatchedConnect: await resolveConnect(listener.unmatched_connect, ['listener', 'unmatched_connect'], references),
    webSocket: { idleTimeoutMs: listener.websocket.idle_timeout, totalTimeoutMs: listener.websocket.total_timeout },
    socksAddress: listener.socks?.address,
    limits: limitsOf(listener.limits),
    maxInspectedBodyBytes: listener.limits.inspected_body,
    drainTimeoutMs: listener.limits.drain_timeout,
  }
}

async function resolveTls(tls: NonNullable<ListenerText['tls']>, references: References): Promise<ListenerTlsConfig> {
  return {
    certificatePem: await references.text(tls.certificate, ['listener', 'tls', 'certificate']),
    key: await references.secret(tls.key, ['listener', 'tls', 'key']),
    clientCaPem: tls.client_ca === undefined ? undefined : await references.text(tls.client_ca, ['listener', 'tls', 'client_ca']),
    trustDomain: tls.trust_domain,
  }
}

/** The token file may come later: a sidecar gets its first token after it has started. */
function boundAgentOf({ bound_agent: bound }: ListenerText, references: References): ListenerConfig['boundAgent'] {
  if (bound === undefined) return undefined
  return { agent: bound.agent, tokenFile: bound.delegation_token === undefined ? undefined : references.path(bound.delegation_token.file) }
}

function limitsOf(limits: ListenerText['limits']): ListenerConfig['limits'] {
  return {
    maxHeaderBytes: limits.headers,
    maxUriBytes: limits.uri,
    maxHeaders: limits.header_count,
    maxConnections: limits.connections,
    maxConnectionsPerAgent: limits.agent_connections,
    maxTunnels: limits.tunnels,
    maxExchanges: limits.exchanges,
    maxExchangesPerAgent: limits.agent_exchanges,
    maxPipelined: limits.pipelined,
    headerTimeoutMs: limits.header_timeout,
    requestTimeoutMs: limits.request_timeout,
    firstByteTimeoutMs: limits.first_byte_timeout,
    handshakeTimeoutMs: limits.handshake_timeout,
    idleTimeoutMs: limits.idle_timeout,
    keepAliveTimeoutMs: limits.keep_alive_timeout,
  }
}
