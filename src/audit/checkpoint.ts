import type { ChainState } from './chain.ts'
import { CHECKPOINT, timestamp, type ReadRecord } from './record.ts'
import type { SigningKey, VerifyKey } from './signing-key.ts'

/** A record that signs all before it: whoever rewrites an earlier line has to forge this one too. */
export function checkpointLine(state: ChainState, tsMs: number, key: SigningKey): string {
  const facts = { seq: state.seq + 1, ts: timestamp(tsMs), prev: state.hash, key: key.id }
  return rendered(facts, key.sign(message(facts)))
}

/**
 * What is wrong with a checkpoint line, or undefined. Its bytes must be just those that we write, so that none of them is
 * outside the signature.
 */
export function checkpointProblem(line: string, record: ReadRecord, keys: ReadonlyMap<string, VerifyKey>): string | undefined {
  const { key, signature } = record.fields
  if (typeof key !== 'string' || typeof signature !== 'string') return 'the checkpoint has no key or no signature'
  const facts = { seq: record.seq, ts: record.ts, prev: record.prev, key }
  if (line !== rendered(facts, signature)) return 'the checkpoint is not in the form that is signed'
  const verifier = keys.get(key)
  if (verifier === undefined) return 'the checkpoint is signed by a key that was not given'
  return verifier.verifies(message(facts), signature) ? undefined : 'the signature is not by this key over this chain'
}

interface Facts {
  readonly seq: number
  readonly ts: string
  readonly prev: string
  readonly key: string
}

/** The first line keeps these signatures apart from all others that the key makes. */
function message(facts: Facts): string {
  return `postern audit checkpoint v1\n${facts.prev}\n${facts.seq}\n${facts.ts}\n${facts.key}`
}

function rendered(facts: Facts, signature: string): string {
  const { seq, ts, prev, key } = facts
  return `{"v":1,"seq":${seq},"ts":"${ts}","event":"${CHECKPOINT}","prev":"${prev}","key":"${key}","signature":"${signature}"}`
}
