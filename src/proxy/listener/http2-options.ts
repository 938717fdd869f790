import type { ServerSessionOptions } from 'node:http2'
import type { ListenerLimits } from './listener-options.ts'

/** Streams that one connection may have open: what a client opens beyond is refused, and safe to ask again (RFC 9113 section 5.1.2). */
export const MAX_STREAMS = 100
/** Of a request's body that a client may send ahead, a stream. */
const WINDOW_BYTES = 262_144
const SESSION_MEGABYTES = 10
/** Pseudo-header fields, beside those that are counted by the reader. */
const PSEUDO_FIELDS = 5
/** Resets by the client: so many at once, and then so many a second (CVE-2023-44487). Who cancels more is asked to calm down, and cut. */
const RESET_BURST = 400
const RESETS_PER_SECOND = 40
/** Frames that are refused, or empty and the end of nothing, in the life of a connection (CVE-2019-9518). */
const MAX_INVALID_FRAMES = 200
const MAX_REJECTED_STREAMS = 200
const MAX_SETTINGS_ENTRIES = 32
const MAX_OUTSTANDING = 10

/**
 * The bounds of one HTTP/2 connection with a client. Header blocks are bounded three times: in their frames (the library: eight
 * CONTINUATIONs), in number and in size here; and by the reader, which answers what the library would only reset.
 */
export function http2Options(limits: ListenerLimits): ServerSessionOptions {
  return {
    settings: {
      maxConcurrentStreams: MAX_STREAMS,
      // Over the reader's own bound: what is a little too large is answered with 431.
      maxHeaderListSize: limits.maxHeaderBytes * 2,
      initialWindowSize: WINDOW_BYTES,
      enableConnectProtocol: false,
    },
    maxSessionMemory: SESSION_MEGABYTES,
    maxHeaderListPairs: limits.maxHeaders + PSEUDO_FIELDS + 1,
    maxSettings: MAX_SETTINGS_ENTRIES,
    maxOutstandingPings: MAX_OUTSTANDING,
    maxSessionInvalidFrames: MAX_INVALID_FRAMES,
    maxSessionRejectedStreams: MAX_REJECTED_STREAMS,
    streamResetBurst: RESET_BURST,
    streamResetRate: RESETS_PER_SECOND,
    // A field that an upstream sends twice is passed on as it came, as in HTTP/1.
    strictSingleValueFields: false,
  }
}
