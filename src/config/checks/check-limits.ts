import type { Check } from './check.ts'

/** Without one of these a silent client would hold what it has for ever, or none would have time to say anything. */
const NEVER_NOTHING = ['header_timeout', 'first_byte_timeout', 'handshake_timeout', 'idle_timeout', 'keep_alive_timeout'] as const
const EXPECTED = 'a duration above 0, such as `30s`'

/** Bounds that cannot be switched off. `request_timeout` and a WebSocket's `total_timeout` can: their 0 says that there is none. */
export const checkLimits: Check = function* ({ listener: { limits, websocket } }) {
  for (const key of NEVER_NOTHING) {
    if (limits[key] === 0) yield { at: ['listener', 'limits', key], problem: 'a bound on silence cannot be switched off', expected: EXPECTED }
  }
  if (websocket.idle_timeout === 0) yield { at: ['listener', 'websocket', 'idle_timeout'], problem: 'a bound on silence cannot be switched off', expected: EXPECTED }
}
