import type { IndexedRecord } from './indexed-record.ts'
import type { Line } from './lines.ts'
import { findRecord, linesOf, type FoundRecord } from './read-run.ts'
import { CHECKPOINT, parseRecord, type ReadRecord } from './record.ts'
import type { VerifyKey } from './signing-key.ts'
import { ChainVerifier } from './verify-chain.ts'

/** What a proof found: `out_of_reach` says nothing against the record, only that it cannot be shown from here. */
export type ProofState = 'signed' | 'not_signed_yet' | 'broken' | 'out_of_reach'

/** That a record stands in its chain as it was written, so that whoever has the lines and the key can check it. */
export interface ChainProof {
  readonly chain: string
  readonly seq: number
  /** As they stand in the log, from the record to the checkpoint that signs it, or as far as was looked. */
  readonly lines: readonly string[]
  /** SPKI PEM of the key that signed the checkpoint, where it is this authority's own. */
  readonly publicKeyPem: string | undefined
  /** Which key the checkpoint names. */
  readonly keyId: string | undefined
  readonly checkpointSeq: number | undefined
  readonly state: ProofState
  /** One sentence for people. */
  readonly detail: string
}

export interface ChainProofsOptions {
  /** The log's file. */
  readonly file: string
  /** The log's name in the index. */
  readonly chain: () => string
  /** Of the key that signs the log. */
  readonly key: VerifyKey
  /** Default 2,000. */
  readonly maxLines?: number
  /** Default 2 MiB. */
  readonly maxBytes?: number
}

const MIB = 1024 * 1024

/** Proves records of this process's own log by the log itself, never by the searchable copy. */
export class ChainProofs {
  readonly #options: ChainProofsOptions

  constructor(options: ChainProofsOptions) {
    this.#options = options
  }

  /**
   * Reads the log from the record to its checkpoint and verifies each link and the signature, in bounded memory.
   * @param record as the searchable copy has it
   * @throws Error of the file system
   */
  async of(record: Pick<IndexedRecord, 'chain' | 'seq' | 'line'>): Promise<ChainProof> {
    const run = new Run(record, this.#options)
    if (record.chain !== this.#options.chain()) return run.ended('out_of_reach', 'The record is in another log than the one that this authority writes: the authority that has that log can show it.')
    const found = await findRecord(this.#options.file, record.seq)
    if (found === 'put_away') return run.ended('out_of_reach', 'The log begins after this record by now: verify it where the older segments were put away.')
    if (found === 'missing') return run.ended('broken', 'The log does not hold this record where it should be: it is missing, or a line on the way to it is no record.')
    await using open = found
    return await run.read(open)
  }
}

/** The lines from one record on, verified while they are read. */
class Run {
  readonly #record: Pick<IndexedRecord, 'chain' | 'seq' | 'line'>
  readonly #options: ChainProofsOptions
  readonly #verifier: ChainVerifier
  readonly #lines: string[] = []
  #bytes = 0
  #checkpoint: { readonly seq: number; readonly key: string | undefined } | undefined

  constructor(record: Pick<IndexedRecord, 'chain' | 'seq' | 'line'>, options: ChainProofsOptions) {
    this.#record = record
    this.#options = options
    this.#verifier = new ChainVerifier({ keys: [options.key], head: undefined, anchor: undefined, beginsAt: record.seq })
  }

  async read(found: FoundRecord): Promise<ChainProof> {
    for await (const line of linesOf(found)) {
      if (!line.whole && !found.full) break // just being written
      if (this.#isTooLong(line)) return this.ended('out_of_reach', 'The next checkpoint lies too far behind this record to be shown here: `postern audit verify` proves it.')
      this.#take(line)
      if (this.#checkpoint !== undefined) return this.#judged()
    }
    return this.#judged(found.full ? 'The segment of this record does not end with a checkpoint, as every full one does.' : undefined)
  }

  /** What was read so far, and what is to be said of it. */
  ended(state: ProofState, detail: string): ChainProof {
    const { chain, seq, line } = this.#record
    const { key } = this.#options
    const keyId = this.#checkpoint?.key
    return {
      chain, seq, state, detail, keyId, checkpointSeq: this.#checkpoint?.seq,
      lines: this.#lines.length === 0 ? [line] : this.#lines,
      publicKeyPem: keyId === key.id ? key.publicKeyPem : undefined,
    }
  }

  #isTooLong({ bytes }: Line): boolean {
    const { maxLines = 2000, maxBytes = 2 * MIB } = this.#options
    return this.#lines.length >= maxLines || this.#bytes + bytes.length > maxBytes
  }

  #take(line: Line): void {
    const text = line.bytes.toString('latin1')
    this.#lines.push(text)
    this.#bytes += line.bytes.length
    this.#verifier.accept(line, '', this.#lines.length)
    const read = parseRecord(text)
    if (read?.event === CHECKPOINT) this.#checkpoint = { seq: read.seq, key: keyOf(read) }
  }

  /** @param atEnd what is wrong with an end that has no checkpoint */
  #judged(atEnd?: string): ChainProof {
    if (this.#lines[0] !== this.#record.line) return this.ended('broken', 'The searchable copy shows another record than the log has at this place.')
    const stranger = this.#checkpoint !== undefined && this.#checkpoint.key !== this.#options.key.id
    const [problem] = this.#verifier.finish('').problems.filter(({ kind }) => kind !== 'unsigned' && !(stranger && kind === 'signature'))
    if (problem !== undefined) return this.ended('broken', `Line ${problem.line} from this record on: ${problem.problem}.`)
    if (atEnd !== undefined) return this.ended('broken', atEnd)
    if (stranger) return this.ended('out_of_reach', 'The checkpoint names a key that this authority does not have: one that was replaced, or a stranger’s. Verify it with the public half that you noted of that key, and trust it no further.')
    if (this.#checkpoint === undefined) return this.ended('not_signed_yet', 'The record is chained, and the next checkpoint, which signs it, is not written yet.')
    return this.ended('signed', `Checkpoint ${this.#checkpoint.seq} signs this record and all before it.`)
  }
}

function keyOf({ fields }: ReadRecord): string | undefined {
  return typeof fields['key'] === 'string' ? fields['key'] : undefined
}
