import { FrameWalker, type FrameProblem } from '../../http/websocket/frame-walker.ts'

/** Takes a secret off the payload of one message after another. */
export interface PayloadScrubber {
  /** @returns as many bytes as may pass by now; what it holds back comes later, so that in the end there are as many as there were */
  push(payload: Buffer): Buffer
  /** The message has ended. @returns what was held back */
  end(): Buffer
}

/** One for messages, and one for pings, pongs and close frames, which stand between the pieces of a message. */
export interface FrameScrubbers {
  readonly messages: PayloadScrubber
  readonly controls: PayloadScrubber
}

/** Bytes that are no message's payload, and how much of that stands before them. */
interface Structure {
  readonly behind: number
  readonly bytes: Buffer
}

const NOTHING = Buffer.alloc(0)

/**
 * An upstream's frames on their way to the agent: walked, and their payload scrubbed, that of control frames too. Frames keep their lengths;
 * where the scrubber holds payload back, the frames behind it wait in their order.
 */
export class PassedFrames {
  readonly #walker: FrameWalker
  readonly #scrubs: boolean
  #chunk: Buffer = NOTHING
  /** Of the chunk, how far it was taken apart. */
  #at = 0
  #changed = false
  #out: Buffer[] = []
  /** Messages' payload that came, and that went. */
  #taken = 0
  #given = 0
  #waiting: Structure[] = []
  /** Of a control frame that is not whole yet: at most 125 bytes. */
  #control: Buffer = NOTHING
  #refusedAtBoundary: boolean | undefined

  constructor(scrubbers: FrameScrubbers | undefined) {
    this.#scrubs = scrubbers !== undefined
    this.#walker = scrubbers === undefined
      ? new FrameWalker(false)
      : new FrameWalker(false, (payload, last) => this.#visit(scrubbers.messages, payload, last), (payload, last) => this.#visitControl(scrubbers.controls, payload, last))
  }

  get closeCode(): number | undefined {
    return this.#walker.closeCode
  }

  /** Everything that came has gone, and a frame of ours could follow. */
  get atBoundary(): boolean {
    return this.#refusedAtBoundary ?? (this.#walker.atBoundary && this.#taken === this.#given && this.#waiting.length === 0)
  }

  /** @param toBoundary what follows the first frame that ends in the chunk is left out */
  push(chunk: Buffer, toBoundary: boolean): Buffer | FrameProblem {
    const before = this.atBoundary
    this.#chunk = chunk
    this.#at = 0
    this.#changed = this.#taken !== this.#given || this.#control.length > 0
    const problem = this.#walker.push(chunk, toBoundary)
    if (problem !== undefined) {
      this.#refusedAtBoundary = before
      return problem
    }
    const end = toBoundary && this.#walker.boundary >= 0 ? this.#walker.boundary : chunk.length
    const whole = end === chunk.length ? chunk : chunk.subarray(0, end)
    if (!this.#scrubs) return whole
    this.#structure(chunk.subarray(this.#at, end))
    const out = this.#out
    this.#out = []
    this.#chunk = NOTHING
    return this.#changed ? Buffer.concat(out) : whole
  }

  #visit(scrubber: PayloadScrubber, payload: Buffer, last: boolean): void {
    this.#before(payload)
    this.#taken += payload.length
    const passed = payload.length === 0 ? payload : scrubber.push(payload)
    if (passed !== payload) this.#changed = true
    this.#payload(passed)
    if (last) this.#payload(scrubber.end())
  }

  /** Looked at as a whole: what it says has one end, and nothing follows it before that. */
  #visitControl(scrubber: PayloadScrubber, payload: Buffer, last: boolean): void {
    this.#before(payload)
    const whole = this.#control.length === 0 ? payload : Buffer.concat([this.#control, payload])
    if (!last) {
      // A copy: the chunk's memory may be used again by then.
      this.#control = Buffer.from(whole)
      this.#changed = true
      return
    }
    this.#control = NOTHING
    const passed = scrubber.push(whole)
    const rest = scrubber.end()
    if (passed !== payload) this.#changed = true
    this.#structure(rest.length === 0 ? passed : Buffer.concat([passed, rest]))
  }

  /** What stands between the last payload and this one. */
  #before(payload: Buffer): void {
    const start = payload.byteOffset - this.#chunk.byteOffset
    this.#structure(this.#chunk.subarray(this.#at, start))
    this.#at = start + payload.length
  }

  #structure(bytes: Buffer): void {
    if (bytes.length === 0) return
    if (this.#taken === this.#given) this.#out.push(bytes)
    // A copy: the chunk's memory may be used again by then.
    else this.#waiting.push({ behind: this.#taken, bytes: Buffer.from(bytes) })
  }

  #payload(bytes: Buffer): void {
    let rest = bytes
    for (;;) {
      const next = this.#waiting[0]
      const room = next === undefined ? rest.length : Math.min(rest.length, next.behind - this.#given)
      if (room > 0) this.#out.push(rest.subarray(0, room))
      this.#given += room
      rest = rest.subarray(room)
      if (next === undefined || this.#given < next.behind) return
      this.#out.push(next.bytes)
      this.#waiting.shift()
    }
  }
}
