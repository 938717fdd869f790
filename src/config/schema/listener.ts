import { z } from 'zod'
import { agentIdText } from './agents.ts'
import { tunnelConnectSchema } from './connect.ts'
import { count, dnsName, durationText, fileReference, flag, listenAddressText, secretReference, sizeText } from './values.ts'

const limits = z.strictObject({
  headers: sizeText.default(65_536),
  uri: sizeText.default(16_384),
  header_count: count.default(200),
  inspected_body: sizeText.default(1_048_576),
  connections: count.default(4096),
  agent_connections: count.default(2048),
  tunnels: count.default(4096),
  exchanges: count.default(2048),
  agent_exchanges: count.default(512),
  pipelined: count.default(16),
  header_timeout: durationText.default(30_000),
  request_timeout: durationText.default(0),
  first_byte_timeout: durationText.default(10_000),
  handshake_timeout: durationText.default(10_000),
  idle_timeout: durationText.default(300_000),
  keep_alive_timeout: durationText.default(65_000),
  drain_timeout: durationText.default(25_000),
})

const tls = z.strictObject({
  certificate: fileReference,
  key: secretReference,
  client_ca: fileReference.optional(),
  trust_domain: dnsName.optional(),
})

/** `listener`: where agents connect. */
export const listenerSchema = z.strictObject({
  address: listenAddressText.default('127.0.0.1:8080'),
  tls: tls.optional(),
  unsafe_allow_plaintext: flag,
  bound_agent: z.strictObject({ agent: agentIdText, delegation_token: fileReference.optional() }).optional(),
  unmatched: z.enum(['deny', 'tunnel']).default('deny'),
  unmatched_connect: tunnelConnectSchema.prefault({}),
  websocket: z.strictObject({ idle_timeout: durationText.default(300_000), total_timeout: durationText.default(0) }).prefault({}),
  socks: z.strictObject({ address: listenAddressText }).optional(),
  limits: limits.prefault({}),
})
