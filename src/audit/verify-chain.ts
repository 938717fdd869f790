import { advance, GENESIS, hashLine, type ChainState } from './chain.ts'
import { checkpointProblem } from './checkpoint.ts'
import { headProblem, type Head } from './head-file.ts'
import type { Line } from './lines.ts'
import { OpenItems, type RecordPlace } from './open-items.ts'
import { CHECKPOINT, parseRecord, type ReadRecord } from './record.ts'
import type { VerifyKey } from './signing-key.ts'

/** What can be wrong with a log. */
export type ProblemKind =
  | 'not_a_record' | 'torn' | 'changed' | 'missing' | 'out_of_order' | 'begins_late'
  | 'signature' | 'unsigned' | 'truncated' | 'head'

/** One thing wrong, at the record where it shows. */
export interface ChainProblem {
  readonly kind: ProblemKind
  readonly file: string
  /** From 1; 0 where it concerns the file as a whole. */
  readonly line: number
  readonly problem: string
}

/** A record that was noted elsewhere: the log must hold just this one. */
export interface Anchor {
  readonly seq: number
  readonly hash: string | undefined
}

export interface VerifyOptions {
  readonly keys: readonly VerifyKey[]
  readonly head: Head | undefined
  /** Where there is no head, that is a problem: whoever cuts or rewrites the end removes it first. */
  readonly headRequired?: boolean
  readonly anchor: Anchor | undefined
  /** The number of the first record; larger than 1 where older segments were put away. */
  readonly beginsAt: number
}

/** What a verification found. */
export interface ChainReport {
  /** The first problems, in order of the log. */
  readonly problems: readonly ChainProblem[]
  readonly furtherProblems: number
  readonly records: number
  readonly firstSeq: number
  readonly last: ChainState
  /** The last record that a good signature covers. */
  readonly signedSeq: number
  readonly unmatchedStarts: OpenItems
  readonly openCredentials: OpenItems
}

const MAX_PROBLEMS = 100

/** Checks a log line by line in bounded memory; goes on after a problem, so that each is told once and where it is. */
export class ChainVerifier {
  readonly #options: VerifyOptions
  readonly #keys: ReadonlyMap<string, VerifyKey>
  readonly #problems: ChainProblem[] = []
  readonly #starts = new OpenItems()
  readonly #credentials = new OpenItems()
  #furtherProblems = 0
  #records = 0
  #firstSeq = 0
  #signedSeq = 0
  #endsSigned = false
  #state: ChainState
  #place: RecordPlace = { file: '', line: 0, seq: 0 }

  constructor(options: VerifyOptions) {
    this.#options = options
    this.#keys = new Map(options.keys.map((key) => [key.id, key]))
    this.#state = { seq: options.beginsAt - 1, hash: GENESIS.hash }
  }

  /** Takes the next line of the log. */
  accept(line: Line, file: string, lineNumber: number): void {
    const before = this.#place
    const text = line.bytes.toString('latin1')
    const record = parseRecord(text)
    this.#place = { file, line: lineNumber, seq: record?.seq ?? this.#state.seq + 1 }
    if (!line.whole) this.#report('torn', 'the line has no end: it was cut, or is just being written')
    if (record === undefined) {
      this.#report('not_a_record', 'the line is no audit record')
      this.#state = { seq: this.#state.seq + 1, hash: hashLine(line.bytes) }
      return
    }
    if (this.#records++ === 0) this.#checkBeginning(record)
    else this.#checkLink(record, before)
    if (record.event === CHECKPOINT) this.#checkSignature(text, record)
    this.#endsSigned = record.event === CHECKPOINT
    this.#follow(record)
    this.#state = advance({ seq: record.seq - 1, hash: record.prev }, text)
    this.#checkKnownPoints()
  }

  /** After the last line of a file that another one follows. */
  endOfSegment(file: string): void {
    this.#place = { file, line: 0, seq: this.#state.seq }
    if (!this.#endsSigned) this.#report('unsigned', 'the segment does not end with a checkpoint, as every full one does')
  }

  /** After the last line. */
  finish(lastFile: string): ChainReport {
    this.#place = { file: lastFile, line: 0, seq: this.#state.seq }
    const headHolds = this.#headHolds()
    if (this.#signedSeq === 0 && !headHolds) this.#report('unsigned', 'the log holds no checkpoint with a good signature')
    const { anchor } = this.#options
    if (anchor !== undefined && this.#state.seq < anchor.seq) this.#report('truncated', this.#endsEarly(anchor.seq, 'was noted elsewhere'))
    return {
      problems: this.#problems,
      furtherProblems: this.#furtherProblems,
      records: this.#records,
      firstSeq: this.#firstSeq,
      last: this.#state,
      signedSeq: this.#signedSeq,
      unmatchedStarts: this.#starts,
      openCredentials: this.#credentials,
    }
  }

  #checkBeginning(record: ReadRecord): void {
    this.#firstSeq = record.seq
    const { beginsAt } = this.#options
    if (record.seq > beginsAt) this.#report('begins_late', `the log begins with record ${record.seq}: ${range(beginsAt, record.seq - 1)} not here`)
    if (record.seq < beginsAt) this.#report('out_of_order', `the log begins with record ${record.seq}, not with ${beginsAt}`)
    if (record.seq === 1 && record.prev !== GENESIS.hash) this.#report('changed', 'the first record does not begin a chain')
  }

  #checkLink(record: ReadRecord, before: RecordPlace): void {
    const expected = this.#state.seq + 1
    if (record.seq > expected) {
      this.#report('missing', `record ${record.seq} follows record ${this.#state.seq}: ${range(expected, record.seq - 1)} missing`)
    } else if (record.seq < expected) {
      this.#report('out_of_order', `record ${record.seq} stands after record ${this.#state.seq}: moved, repeated or put in`)
    } else if (record.prev !== this.#state.hash) {
      this.#reportAt(before, 'changed', `the next record names another hash for this one: it was changed, or another put in its place`)
    }
  }

  #checkSignature(text: string, record: ReadRecord): void {
    const problem = checkpointProblem(text, record, this.#keys)
    if (problem === undefined) this.#signedSeq = record.seq
    else this.#report('signature', `${problem}; record ${this.#signedSeq} is the last that is signed for`)
  }

  #checkKnownPoints(): void {
    const { head, anchor } = this.#options
    const { seq, hash } = this.#state
    if (seq === head?.seq && hash !== head.hash) this.#report('head', 'the head file names another hash for this record: the log was rewritten')
    if (seq === anchor?.seq && anchor.hash !== undefined && hash !== anchor.hash) {
      this.#report('changed', 'another hash was noted elsewhere for this record: the log was rewritten')
    }
  }

  /** Whether there is a head, well signed, that this log reaches: a young log has no other signature yet. */
  #headHolds(): boolean {
    const { head, headRequired } = this.#options
    if (head === undefined) {
      if (headRequired === true) this.#report('head', 'there is no head file: nothing shows whether records are missing at the end, or were rewritten')
      return false
    }
    const before = this.#problems.length + this.#furtherProblems
    const problem = headProblem(head, this.#keys)
    if (problem !== undefined) this.#report('head', problem)
    if (this.#state.seq < head.seq) this.#report('truncated', this.#endsEarly(head.seq, 'was written, as the head file shows'))
    if (head.closed && this.#state.seq > head.seq) this.#report('head', `records follow number ${head.seq}, with which the log was closed`)
    return this.#problems.length + this.#furtherProblems === before
  }

  #endsEarly(seq: number, known: string): string {
    return `the log ends with record ${this.#state.seq}, but record ${seq} ${known}: ${range(this.#state.seq + 1, seq)} missing`
  }

  /** What begins and ends in the log. */
  #follow(record: ReadRecord): void {
    const { exchange, credential } = record.fields
    switch (record.event) {
      case 'api.started':
        return this.#starts.begin(exchange, this.#place)
      case 'api.call':
      case 'api.denied':
        return this.#starts.end(exchange)
      case 'credential.issued':
        return this.#credentials.begin(credential, this.#place)
      case 'credential.expired':
      case 'credential.revoked':
        return this.#credentials.end(credential)
    }
  }

  #report(kind: ProblemKind, problem: string): void {
    this.#reportAt(this.#place, kind, problem)
  }

  #reportAt(place: RecordPlace, kind: ProblemKind, problem: string): void {
    if (this.#problems.length >= MAX_PROBLEMS) this.#furtherProblems++
    else this.#problems.push({ kind, file: place.file, line: place.line, problem })
  }
}

function range(from: number, to: number): string {
  return from === to ? `record ${from} is` : `records ${from} to ${to} are`
}
