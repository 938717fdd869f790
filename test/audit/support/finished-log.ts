import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { advance, GENESIS, type ChainState } from '../../../src/audit/chain.ts'
import { checkpointLine } from '../../../src/audit/checkpoint.ts'
import type { AuditEvent } from '../../../src/audit/event.ts'
import type { Head } from '../../../src/audit/head-file.ts'
import { LineSplitter } from '../../../src/audit/lines.ts'
import type { SigningKey, VerifyKey } from '../../../src/audit/signing-key.ts'
import { ChainVerifier, type Anchor, type ChainReport } from '../../../src/audit/verify-chain.ts'
import { lineOf } from './line.ts'

/** Verifies the bytes of a log as `postern audit verify` does. */
export function verifyBytes(bytes: Buffer, keys: readonly VerifyKey[], more: { head?: Head; anchor?: Anchor; beginsAt?: number } = {}): ChainReport {
  const verifier = new ChainVerifier({ keys, head: more.head, anchor: more.anchor, beginsAt: more.beginsAt ?? 1 })
  const splitter = new LineSplitter()
  let number = 0
  for (const line of [...splitter.push(bytes), ...splitter.end()]) verifier.accept(line, 'audit.jsonl', ++number)
  return verifier.finish('audit.jsonl')
}

/** The events as a log with a checkpoint after every `every` records and at the end. */
export function finishedLog(events: readonly AuditEvent[], key: SigningKey, every = 5): { readonly lines: readonly string[]; readonly state: ChainState } {
  const lines: string[] = []
  let state = GENESIS
  const add = (line: string): void => {
    lines.push(line)
    state = advance(state, line)
  }
  events.forEach((event, index) => {
    add(lineOf(state, event, 1_790_000_000_000 + index))
    if ((index + 1) % every === 0) add(checkpointLine(state, 1_790_000_000_000 + index, key))
  })
  add(checkpointLine(state, 1_790_000_001_000, key))
  return { lines, state }
}

export function bytesOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1')
}

/** What one who can write the file but has not the key can do at best: number and chain all lines anew, keeping the old signatures. */
export function rechained(lines: readonly string[]): readonly string[] {
  let state = GENESIS
  return lines.map((line) => {
    const renumbered = line.replace(/"seq":\d+/, `"seq":${state.seq + 1}`).replace(/"prev":"[^"]*"/, `"prev":"${state.hash}"`)
    state = advance(state, renumbered)
    return renumbered
  })
}

/** A key in memory; made by other code than the product's, so that the format is checked from outside. */
export function memoryKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const id = `ed25519:${createHash('sha256').update(der).digest().subarray(0, 16).toString('base64url')}`
  const signed = (message: string): string => sign(null, Buffer.from(message), privateKey).toString('base64url')
  return { id, sign: signed, verifyKey: { id, publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(), verifies: (message, signature) => signed(message) === signature } }
}
