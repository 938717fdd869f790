import { FrameWalker, type FrameProblem } from '../../http/websocket/frame-walker.ts'

/** Takes a secret off the payload of one message after another. */
export interface PayloadScrubber {
  /** @returns as many bytes as may pass by now; what it holds back comes later, so that in the end there are as many as there were */
  push(payload: Buffer): Buffer
  /** The message has ended. @returns what was held back */
  end(): Buffer
}

/** Bytes that are no payload, and how much payload stands before them. */
interface Structure {
  readonly behind: number
  readonly bytes: Buffer
}

const NOTHING = Buffer.alloc(0)

/**
 * An upstream's frames on their way to the agent: walked, and their payload scrubbed. Frames keep their lengths; where the scrubber holds
 * payload back, the frames behind it wait in their order.
 */
export class PassedFrames {
  readonly #walker: FrameWalker
  readonly #scrubber: PayloadScrubber | undefined
  #chunk: Buffer = NOTHING
  /** Of the chunk, how far it was taken apart. */
  #at = 0
  #changed = false
  #out: Buffer[] = []
  /** Payload that came, and that went. */
  #taken = 0
  #given = 0
  #waiting: Structure[] = []
  #refusedAtBoundary: boolean | undefined

  constructor(scrubber: PayloadScrubber | undefined) {
    this.#scrubber = scrubber
    this.#walker = new FrameWalker(false, scrubber === undefined ? undefined : (payload, last) => this.#visit(scrubber, payload, last))
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
    this.#changed = this.#taken !== this.#given
    const problem = this.#walker.push(chunk, toBoundary)
    if (problem !== undefined) {
      this.#refusedAtBoundary = before
      return problem
    }
    const end = toBoundary && this.#walker.boundary >= 0 ? this.#walker.boundary : chunk.length
    const whole = end === chunk.length ? chunk : chunk.subarray(0, end)
    if (this.#scrubber === undefined) return whole
    this.#structure(chunk.subarray(this.#at, end))
    const out = this.#out
    this.#out = []
    this.#chunk = NOTHING
    return this.#changed ? Buffer.concat(out) : whole
  }

  #visit(scrubber: PayloadScrubber, payload: Buffer, last: boolean): void {
    const start = payload.byteOffset - this.#chunk.byteOffset
    this.#structure(this.#chunk.subarray(this.#at, start))
    this.#at = start + payload.length
    this.#taken += payload.length
    const passed = payload.length === 0 ? payload : scrubber.push(payload)
    if (passed !== payload) this.#changed = true
    this.#payload(passed)
    if (last) this.#payload(scrubber.end())
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
