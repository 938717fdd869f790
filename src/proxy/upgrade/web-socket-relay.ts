import type { Socket } from 'node:net'
import { CLOSE_CODES, closeFrame, maskedCloseFrame, type CloseCode } from '../../http/websocket/close-frame.ts'
import { FrameWalker, type FrameProblem } from '../../http/websocket/frame-walker.ts'
import type { Cancel, Timers } from '../../lib/timers.ts'
import { PassedFrames, type FrameScrubbers } from './passed-frames.ts'

/** How a WebSocket came to its end. */
export interface WebSocketEnd {
  /** Of the agent's frames, and of the upstream's. */
  readonly bytesIn: number
  readonly bytesOut: number
  readonly outcome: 'ok' | 'aborted' | 'revoked' | 'failed'
  /** Of the first close frame (RFC 6455 section 7.4); undefined where there was none. */
  readonly closeCode: number | undefined
  /** A sentence of ours; undefined where an end closed it as it should. */
  readonly reason: string | undefined
}

/** Bounds and means of one joined WebSocket. */
export interface RelayOptions {
  readonly timers: Timers
  /** Without a byte in either direction. */
  readonly idleTimeoutMs: number
  /** Takes a secret off what the upstream says; undefined where there is none. */
  readonly scrubbers: FrameScrubbers | undefined
  readonly done: (end: WebSocketEnd) => void
}

/** From the first close frame, or the end of one side, to the end of everything. */
const CLOSING_MS = 10_000
/** For our own close frame to leave. */
const FAREWELL_MS = 500

type Outcome = Pick<WebSocketEnd, 'outcome' | 'reason'>

/**
 * Joins the two ends of a WebSocket: frames pass as the bytes they came as, each held against RFC 6455, no faster than either end takes
 * them. Settles exactly once, through `done`.
 */
export class WebSocketRelay {
  readonly #client: Socket
  readonly #upstream: Socket
  readonly #options: RelayOptions
  readonly #asked: FrameWalker
  readonly #told: PassedFrames
  #bytesIn = 0
  #bytesOut = 0
  /** Decided by whoever ended it first. */
  #outcome: Outcome | undefined
  #closeCode: number | undefined
  /** Said to both ends at the next end of a frame; bytes behind it are not passed. */
  #leaving: CloseCode | undefined
  #settled = false
  #cancelClosing: Cancel | undefined

  constructor(client: Socket, upstream: Socket, options: RelayOptions) {
    this.#client = client
    this.#upstream = upstream
    this.#options = options
    this.#asked = new FrameWalker(true)
    this.#told = new PassedFrames(options.scrubbers)
  }

  /** @param head frames that came with the upstream's answer */
  start(head: Buffer): void {
    const [client, upstream] = [this.#client, this.#upstream]
    client.setTimeout(0)
    upstream.setTimeout(this.#options.idleTimeoutMs, () => this.#end({ outcome: 'aborted', reason: 'no byte came or went for too long' }, CLOSE_CODES.goingAway))
    for (const socket of [client, upstream]) socket.setNoDelay(true)
    client.on('data', this.#fromClient).on('drain', () => void upstream.resume())
    upstream.on('data', this.#fromUpstream).on('drain', () => void client.resume())
    client.on('end', this.#onClientEnd).on('close', this.#onClientEnd).on('error', this.#onClientEnd)
    upstream.on('end', this.#onUpstreamEnd).on('close', this.#onUpstreamEnd).on('error', this.#onUpstreamEnd)
    if (head.length > 0) this.#fromUpstream(head)
    client.resume()
    upstream.resume()
  }

  /** A revocation: nothing passes any more. @returns what ends the upstream's side */
  cut(): () => void {
    if (this.#settled) return () => undefined
    this.#decide({ outcome: 'revoked', reason: undefined })
    this.#stop()
    // Bytes that wait to be written are not: nobody gets one more.
    if (this.#told.atBoundary && this.#client.writableLength === 0) this.#farewell(this.#client, closeFrame(CLOSE_CODES.policyViolation))
    else this.#client.destroy()
    return () => {
      this.#upstream.destroy()
      this.#settle()
    }
  }

  /** Ends it at the next end of a frame in each direction, with a close frame to both. */
  leave(reason: string): void {
    if (this.#settled || this.#leaving !== undefined || this.#outcome !== undefined) return
    this.#decide({ outcome: 'aborted', reason })
    this.#leaving = CLOSE_CODES.goingAway
    this.#closing()
    if (this.#told.atBoundary) this.#farewell(this.#client, closeFrame(this.#leaving))
    if (this.#asked.atBoundary) this.#farewell(this.#upstream, maskedCloseFrame(this.#leaving))
  }

  /** Ends it now, whatever is under way. */
  destroy(): void {
    this.#client.destroy()
    this.#upstream.destroy()
    this.#settle()
  }

  readonly #fromClient = (chunk: Buffer): void => {
    if (!this.#upstream.writable) return
    const leaving = this.#leaving !== undefined
    const problem = this.#asked.push(chunk, leaving)
    if (problem !== undefined) return this.#refuse('aborted', 'the agent sent', problem)
    const passed = leaving && this.#asked.boundary >= 0 ? chunk.subarray(0, this.#asked.boundary) : chunk
    this.#bytesIn += passed.length
    if (passed.length > 0 && !this.#upstream.write(passed)) this.#client.pause()
    if (this.#asked.closeCode !== undefined) this.#closed('agent', this.#asked.closeCode)
    else if (this.#leaving !== undefined && this.#asked.atBoundary) this.#farewell(this.#upstream, maskedCloseFrame(this.#leaving))
  }

  readonly #fromUpstream = (chunk: Buffer): void => {
    if (!this.#client.writable) return
    const passed = this.#told.push(chunk, this.#leaving !== undefined)
    if (!Buffer.isBuffer(passed)) return this.#refuse('failed', 'the upstream sent', passed)
    this.#bytesOut += passed.length
    if (passed.length > 0 && !this.#client.write(passed)) this.#upstream.pause()
    if (this.#told.closeCode !== undefined) this.#closed('upstream', this.#told.closeCode)
    else if (this.#leaving !== undefined && this.#told.atBoundary) this.#farewell(this.#client, closeFrame(this.#leaving))
  }

  #refuse(outcome: 'aborted' | 'failed', who: string, { code, reason }: FrameProblem): void {
    this.#end({ outcome, reason: `${who} ${reason}` }, code)
  }

  /** Nothing passes any more; both ends are told why where a frame of ours can follow what they got. */
  #end(outcome: Outcome, code: CloseCode): void {
    this.#decide(outcome)
    this.#stop()
    if (this.#told.atBoundary) this.#farewell(this.#client, closeFrame(code))
    else this.#client.destroy()
    if (this.#asked.atBoundary) this.#farewell(this.#upstream, maskedCloseFrame(code))
    else this.#upstream.destroy()
  }

  /** A close frame has passed: whoever sent it says nothing more, and the other end has a while to answer. */
  #closed(by: 'agent' | 'upstream', code: number): void {
    this.#closeCode ??= code
    this.#decide({ outcome: 'ok', reason: `closed by the ${by}` })
    this.#closing()
  }

  readonly #onClientEnd = (): void => this.#sideEnded(this.#client, this.#upstream, { outcome: 'aborted', reason: 'the agent broke off' })

  readonly #onUpstreamEnd = (): void => this.#sideEnded(this.#upstream, this.#client, { outcome: 'failed', reason: 'the upstream broke off' })

  /** What is on its way to the other side still arrives there; it has no half that could go on alone. */
  #sideEnded(side: Socket, other: Socket, outcome: Outcome): void {
    this.#decide(outcome)
    if (!side.destroyed) side.end()
    if (!other.destroyed && other.writable) other.end()
    other.resume()
    if (side.destroyed && other.destroyed) this.#settle()
    else this.#closing()
  }

  /** Takes no further byte of either. */
  #stop(): void {
    this.#client.off('data', this.#fromClient)
    this.#upstream.off('data', this.#fromUpstream)
    for (const socket of [this.#client, this.#upstream]) socket.on('data', () => undefined)
    this.#closing()
  }

  #farewell(socket: Socket, frame: Buffer): void {
    if (socket.writable) socket.end(frame)
    // Behind bytes that nobody takes it would wait for ever.
    this.#options.timers.after(FAREWELL_MS, () => socket.destroy())
  }

  #closing(): void {
    this.#cancelClosing ??= this.#options.timers.after(CLOSING_MS, () => {
      this.#client.destroy()
      this.#upstream.destroy()
    })
  }

  #decide(outcome: Outcome): void {
    this.#outcome ??= outcome
  }

  #settle(): void {
    if (this.#settled) return
    this.#settled = true
    this.#cancelClosing?.()
    const { outcome, reason } = this.#outcome ?? { outcome: 'aborted', reason: undefined }
    this.#options.done({ bytesIn: this.#bytesIn, bytesOut: this.#bytesOut, outcome, closeCode: this.#closeCode, reason })
  }
}
