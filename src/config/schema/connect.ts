import { z } from 'zod'
import { UPSTREAM_TIMEOUTS } from '../../egress/upstream-timeouts.ts'
import { cidrText, dialAddressText, durationText, fileReference, secretReference } from './values.ts'

const CONNECT_TIMEOUT_MS = 10_000

const proxyUrlText = z.string().max(512).regex(/^http:\/\/(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):[1-9][0-9]{0,4}\/?$/).transform((text) => {
  const url = new URL(text)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port === '' ? 80 : url.port) }
}).describe('a URL with its port such as `http://parent:3128`; its user and password stand in `via_proxy_credentials`')

/** `connect`: how an upstream is reached that is not simply on the internet. */
export const connectSchema = z.strictObject({
  address: dialAddressText.optional(),
  allow_addresses: z.array(cidrText).max(256).default([]),
  ca: fileReference.optional(),
  client_certificate: z.strictObject({ certificate: fileReference, key: secretReference }).optional(),
  via_proxy: proxyUrlText.optional(),
  via_proxy_credentials: secretReference.optional(),
  timeout: durationText.default(CONNECT_TIMEOUT_MS),
})

/** The same for what agents reach through the proxy. */
export const upstreamConnectSchema = connectSchema.extend({
  http2: z.enum(['auto', 'never', 'always']).default('auto').describe('`auto` speaks it where the client does and the upstream chooses it; `always` begins with it unasked at an `http://` origin'),
  timeouts: z.strictObject({
    first_byte: durationText.refine((ms) => ms > 0, { abort: true }).default(UPSTREAM_TIMEOUTS.firstByteMs).describe('a duration such as `30s`, longer than `0s`'),
    idle: durationText.default(UPSTREAM_TIMEOUTS.idleMs),
    total: durationText.default(UPSTREAM_TIMEOUTS.totalMs),
  }).prefault({}),
})

/** How a tunnel is dialled: bytes pass unread, so there is no TLS of ours, and the host is the agent's. */
export const tunnelConnectSchema = connectSchema.pick({ allow_addresses: true, via_proxy: true, via_proxy_credentials: true, timeout: true })
