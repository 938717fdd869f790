import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import { advance, type ChainState } from './chain.ts'
import { checkpointLine } from './checkpoint.ts'
import { FileSink } from './file-sink.ts'
import { headFileOf, writeHead } from './head-file.ts'
import { LineBlock } from './line-block.ts'
import { CHECKPOINT } from './record.ts'
import { recoverLog } from './recover.ts'
import { segmentName, syncDirectoryOf } from './segments.ts'
import type { SigningKey } from './signing-key.ts'
import type { SinkIo } from './sink-io.ts'
import { acquireWriterLock, type WriterLock } from './writer-lock.ts'

export interface ChainWriterOptions {
  readonly file: string
  readonly signingKey: SigningKey
  readonly clock: Clock
  /** A segment is closed once it is at least this large. */
  readonly maxSegmentBytes: number
  readonly checkpointEveryRecords: number
  readonly io?: SinkIo | undefined
}

/** Where in the chain a block of lines was put; it is good for no other place. */
export interface Place {
  readonly after: ChainState
  readonly signedSeq: number
}

/** Writes blocks of lines to their place in the chain; sets checkpoints, keeps the head and rotates. One call at a time. */
export class ChainWriter {
  readonly #options: ChainWriterOptions
  readonly #lock: WriterLock
  readonly #sink: FileSink
  #state: ChainState
  #firstSeq: number
  #signedSeq: number
  #headSeq: number
  /** What the last run left that must be told. */
  readonly notes: readonly string[]
  #sideFailures = 0

  /** Takes the lock and finds the end of the chain. @throws Fault `audit_unavailable`, Error of the file system */
  static async open(options: ChainWriterOptions): Promise<ChainWriter> {
    mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 })
    const lock = acquireWriterLock(options.file)
    try {
      const writer = new ChainWriter(options, lock)
      // Before the first record: from here on the log may be longer than its head says, but never shorter.
      await writer.#writeHead(false)
      // The first one of a log by its name, too: records without a head would look as if somebody had taken it away.
      syncDirectoryOf(options.file)
      return writer
    } catch (cause) {
      lock.release()
      throw cause
    }
  }

  private constructor(options: ChainWriterOptions, lock: WriterLock) {
    const recovered = recoverLog(options.file, options.signingKey.verifyKey, options.clock.nowMs())
    this.#options = options
    this.#lock = lock
    this.#sink = new FileSink(options.file, recovered.size, options.io)
    this.#state = recovered.state
    this.#firstSeq = recovered.firstSeq
    this.#signedSeq = recovered.signedSeq
    this.#headSeq = -1
    this.notes = recovered.notes
  }

  get lastSeq(): number {
    return this.#state.seq
  }

  /** Records that no checkpoint covers yet. */
  get unsigned(): number {
    return this.#state.seq - this.#signedSeq
  }

  /** How often the head could not be written or the file not rotated; the records themselves were safe. */
  get sideFailures(): number {
    return this.#sideFailures
  }

  /** Gives the lines of a block the next place in the chain, with a checkpoint after them where one is due or wanted. Nothing is written yet. */
  chain(block: LineBlock, checkpointWanted: boolean): Place {
    const after = block.chain(this.#state)
    const isDue = checkpointWanted || this.#checkpointDue(after, this.#sink.size + block.length)
    if (after.seq === this.#signedSeq || !isDue) return { after, signedSeq: this.#signedSeq }
    const { clock, signingKey } = this.#options
    const line = checkpointLine(after, clock.nowMs(), signingKey)
    block.addWhole(CHECKPOINT, line)
    const signed = advance(after, line)
    return { after: signed, signedSeq: signed.seq }
  }

  /**
   * Writes a block at the place that it was chained for.
   * @returns once all of it is durable
   * @throws Error of the file system; the chain then stands where it stood
   */
  async append(block: LineBlock, place: Place): Promise<void> {
    if (block.count === 0) return
    await this.#sink.append(block.bytes)
    if (this.#sink.size === block.length) this.#firstSeq = this.#state.seq + 1
    this.#state = place.after
    this.#signedSeq = place.signedSeq
  }

  /** What follows a batch but nobody waits for: the head after a checkpoint, and rotation. Failures are counted and tried again. */
  async settle(): Promise<void> {
    if (this.unsigned > 0) return
    try {
      if (this.#headSeq !== this.#state.seq) await this.#writeHead(false)
      if (this.#sink.size >= this.#options.maxSegmentBytes) this.#sink.rotate(segmentName(this.#options.file, this.#firstSeq))
    } catch {
      this.#sideFailures++
    }
  }

  /** Signs the end, so that nothing can be cut from it unseen, and lets go of the file. @throws Error of the file system */
  async close(): Promise<void> {
    try {
      if (this.unsigned > 0) await this.#sign()
      await this.#writeHead(true)
    } finally {
      this.release()
    }
  }

  /** Lets go of the file as it is. */
  release(): void {
    this.#sink.close()
    this.#lock.release()
  }

  async #sign(): Promise<void> {
    const block = new LineBlock()
    await this.append(block, this.chain(block, true))
  }

  /** A full segment always ends with a checkpoint. */
  #checkpointDue(state: ChainState, bytes: number): boolean {
    const { checkpointEveryRecords, maxSegmentBytes } = this.#options
    return state.seq - this.#signedSeq >= checkpointEveryRecords || bytes >= maxSegmentBytes
  }

  async #writeHead(closed: boolean): Promise<void> {
    const { clock, file, signingKey } = this.#options
    await writeHead(headFileOf(file), this.#state, closed, clock.nowMs(), signingKey)
    this.#headSeq = this.#state.seq
  }
}
