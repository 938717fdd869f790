import { hash } from 'node:crypto'

/** Where a chain stands: the last record's number and the hash of its line. */
export interface ChainState {
  /** 0 before the first record. */
  readonly seq: number
  /** `sha256:` and 64 hex digits. */
  readonly hash: string
}

/** Before the first record: its `prev` is 64 zeros. */
export const GENESIS: ChainState = { seq: 0, hash: `sha256:${'0'.repeat(64)}` }

/** `sha256:<hex>` over the line's bytes without its newline. Lines are ASCII; one that is not was not written by us. */
export function hashLine(line: string | Buffer): string {
  return `sha256:${hashHex(line)}`
}

/** The 64 hex digits alone. */
export function hashHex(line: string | Buffer): string {
  return hash('sha256', line, 'hex')
}

/** The state after this line. */
export function advance(state: ChainState, line: string): ChainState {
  return { seq: state.seq + 1, hash: hashLine(line) }
}
