import { idle } from './idle.ts'
import { latency } from './latency.ts'
import { readiness } from './readiness.ts'
import { reverse, tlsUpstream } from './reverse.ts'
import type { Section } from './section.ts'
import { stages } from './stages.ts'
import { streaming } from './streaming.ts'
import { http2, newTunnels, tunnel } from './tunnel.ts'
import { webSocket } from './websocket.ts'

/** Every table, in the order in which they are measured and printed. */
export const SECTIONS: readonly Section[] = [reverse, tlsUpstream, tunnel, newTunnels, http2, webSocket, latency, idle, streaming, readiness, stages]
