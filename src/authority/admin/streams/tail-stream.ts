import type { Cancel, Timers } from '../../../lib/timers.ts'
import type { IndexedRecord } from '../../../store/ports/audit-index.ts'
import type { LiveRecords } from './record-feed.ts'

export interface TailOptions {
  readonly live: LiveRecords
  readonly timers: Timers
  wanted(record: IndexedRecord): boolean
  /** What stands before the live part, oldest first; asked once the live part is listened to, so that nothing is missed between. */
  before(): Promise<readonly IndexedRecord[]>
  /** Whether the one who reads may still do so: asked every second. */
  mayGoOn(): Promise<boolean>
  /** Called once, however it ends. */
  onEnd(): void
  onBroken(error: unknown): void
  /** Breaks the answer off. */
  breakOff(controller: ReadableStreamDefaultController<Uint8Array>): void
}

const CHECK_MS = 1_000
/** Without a record for so many checks an empty line tells both sides that the other is there. */
const SILENT_CHECKS = 15
/** What a reader may be behind. */
const MAX_WAITING = 2_000

/**
 * The matching records as NDJSON while they are written. It ends in order once the reader may no longer see them; a reader who is too slow is cut
 * off, since to leave records out in silence would show another truth.
 */
export function tailStream(options: TailOptions): ReadableStream<Uint8Array> {
  const tail = new Tail(options)
  return new ReadableStream<Uint8Array>({ start: (controller) => tail.start(controller), pull: () => tail.flush(), cancel: () => tail.end() })
}

class Tail {
  readonly #options: TailOptions
  readonly #encoder = new TextEncoder()
  readonly #unsubscribe: () => void
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #waiting: IndexedRecord[] = []
  /** While what stands before is being read, nothing live is sent. */
  #begun = false
  #ended = false
  #silentChecks = 0
  #cancelTimer: Cancel = () => undefined

  constructor(options: TailOptions) {
    this.#options = options
    this.#unsubscribe = options.live.subscribe((record) => this.#take(record))
  }

  async start(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#controller = controller
    try {
      const before = await this.#options.before()
      const sent = new Set(before.map(placeOf))
      this.#waiting = [...before, ...this.#waiting.filter((record) => !sent.has(placeOf(record)))]
      this.#begun = true
      // The head of the answer goes out at once, whether there is a record or not.
      controller.enqueue(this.#encoder.encode('\n'))
      this.flush()
      this.#checkLater()
    } catch (error) {
      this.#break(error)
    }
  }

  flush(): void {
    if (!this.#begun || this.#ended || this.#waiting.length === 0 || (this.#controller?.desiredSize ?? 0) <= 0) return
    const lines = this.#waiting.splice(0).map(({ line }) => `${line}\n`)
    this.#silentChecks = 0
    this.#controller?.enqueue(this.#encoder.encode(lines.join('')))
  }

  /** The reader went away. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#unsubscribe()
    this.#cancelTimer()
    this.#waiting = []
    this.#options.onEnd()
  }

  #take(record: IndexedRecord): void {
    if (this.#ended || !this.#options.wanted(record)) return
    this.#waiting.push(record)
    if (this.#waiting.length > MAX_WAITING) return this.#break(new Error('a reader of the live audit is too slow and was cut off'))
    this.flush()
  }

  #checkLater(): void {
    this.#cancelTimer = this.#options.timers.after(CHECK_MS, () => void this.#check())
  }

  async #check(): Promise<void> {
    try {
      const good = await this.#options.mayGoOn()
      if (this.#ended) return
      if (!good) {
        this.end()
        this.#controller?.close()
        return
      }
      this.#silentChecks += 1
      if (this.#silentChecks >= SILENT_CHECKS) this.#beat()
      this.#checkLater()
    } catch (error) {
      this.#break(error)
    }
  }

  #beat(): void {
    this.#silentChecks = 0
    if ((this.#controller?.desiredSize ?? 0) > 0) this.#controller?.enqueue(this.#encoder.encode('\n'))
  }

  #break(error: unknown): void {
    if (this.#ended) return
    this.end()
    this.#options.onBroken(error)
    if (this.#controller !== undefined) this.#options.breakOff(this.#controller)
  }
}

function placeOf({ chain, seq }: IndexedRecord): string {
  return `${chain} ${seq}`
}
