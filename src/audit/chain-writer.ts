import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import { advance, chainLine, type ChainState } from './chain.ts'
import { checkpointLine } from './checkpoint.ts'
import type { EventCode } from './event.ts'
import { FileSink } from './file-sink.ts'
import { headFileOf, writeHead } from './head-file.ts'
import { CHECKPOINT, type Draft } from './record.ts'
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

/** A record as it stands in the file. */
export interface WrittenRecord {
  readonly seq: number
  readonly event: EventCode | typeof CHECKPOINT
  /** The whole JSON line, without a newline. */
  readonly line: string
}

/** A batch that was rendered for one place of the chain, and is good only if it gets there. */
interface Batch {
  readonly records: readonly WrittenRecord[]
  readonly state: ChainState
  readonly signedSeq: number
}

/** Writes batches of records to their place in the chain; sets checkpoints, keeps the head and rotates. One call at a time. */
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

  /**
   * Writes the records in this order, with a checkpoint after them where one is due or wanted.
   * @returns once all of them are durable
   * @throws Error of the file system; the chain then stands where it stood, and the same drafts can be given again
   */
  async write(drafts: readonly Draft[], checkpointWanted: boolean): Promise<readonly WrittenRecord[]> {
    const batch = this.#render(drafts, checkpointWanted)
    if (batch.records.length === 0) return batch.records
    const bytes = Buffer.from(`${batch.records.map((record) => record.line).join('\n')}\n`, 'latin1')
    await this.#sink.append(bytes)
    if (this.#sink.size === bytes.length) this.#firstSeq = this.#state.seq + 1
    this.#state = batch.state
    this.#signedSeq = batch.signedSeq
    return batch.records
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
      if (this.unsigned > 0) await this.write([], true)
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

  #render(drafts: readonly Draft[], checkpointWanted: boolean): Batch {
    const records: WrittenRecord[] = []
    let state = this.#state
    let bytes = this.#sink.size
    for (const draft of drafts) {
      const line = chainLine(state, draft)
      state = advance(state, line)
      bytes += line.length + 1
      records.push({ seq: state.seq, event: draft.event, line })
    }
    if (state.seq === this.#signedSeq || !(checkpointWanted || this.#checkpointDue(state, bytes))) {
      return { records, state, signedSeq: this.#signedSeq }
    }
    const { clock, signingKey } = this.#options
    const line = checkpointLine(state, clock.nowMs(), signingKey)
    state = advance(state, line)
    records.push({ seq: state.seq, event: CHECKPOINT, line })
    return { records, state, signedSeq: state.seq }
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
