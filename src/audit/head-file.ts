import { close, constants, open, readFileSync, rename, write } from 'node:fs'
import { promisify } from 'node:util'
import { Fault } from '../model/denial.ts'
import type { ChainState } from './chain.ts'
import { parseObject, timestamp } from './record.ts'
import type { SigningKey, VerifyKey } from './signing-key.ts'

/**
 * How far the log reached at the last checkpoint, signed and kept apart from it: a log that ends earlier was truncated, which
 * its own chain cannot tell.
 */
export interface Head extends ChainState {
  readonly ts: string
  /** The log was closed in order: it ends exactly here. */
  readonly closed: boolean
  readonly key: string
  readonly signature: string
}

/** The side file that holds the head of this log. */
export function headFileOf(logFile: string): string {
  return `${logFile}.head`
}

/** Replaces the head file as a whole; after a crash it holds the old head or the new one. */
export async function writeHead(file: string, state: ChainState, closed: boolean, tsMs: number, key: SigningKey): Promise<void> {
  const facts = { seq: state.seq, hash: state.hash, ts: timestamp(tsMs), closed, key: key.id }
  const line = Buffer.from(`${JSON.stringify({ v: 1, ...facts, signature: key.sign(message(facts)) })}\n`)
  const draft = `${file}.new`
  await writeDurably(draft, line)
  await renameFile(draft, file)
}

// By their callbacks: this is done for every thousand records, and file handles cost half as much again.
const [openFile, writeFile, closeFile, renameFile] = [promisify(open), promisify(write), promisify(close), promisify(rename)]
/** What one write has written is durable then, and needs no further step. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_DSYNC

async function writeDurably(file: string, bytes: Buffer): Promise<void> {
  const fd = await openFile(file, FLAGS, 0o600)
  try {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await writeFile(fd, bytes, at, bytes.length - at, at)
      if (bytesWritten === 0) throw new Error('the file system took no byte and gave no error')
      at += bytesWritten
    }
  } finally {
    await closeFile(fd)
  }
}

/**
 * @returns the head as it stands in the file, not verified; undefined where there is no file
 * @throws Fault `audit_unavailable` where the file cannot be read or holds something else
 */
export function readHead(file: string): Head | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new Fault('audit_unavailable', `the audit head ${file} cannot be read`, { cause })
  }
  const head = parseHead(text)
  if (head === undefined) throw new Fault('audit_unavailable', `the audit head ${file} holds no head of a log`)
  return head
}

/** What is wrong with a head, or undefined. */
export function headProblem(head: Head, keys: ReadonlyMap<string, VerifyKey>): string | undefined {
  const verifier = keys.get(head.key)
  if (verifier === undefined) return 'the head is signed by a key that was not given'
  return verifier.verifies(message(head), head.signature) ? undefined : 'the signature of the head is not by this key'
}

function message(head: Omit<Head, 'signature'>): string {
  return `postern audit head v1\n${head.hash}\n${head.seq}\n${head.ts}\n${head.closed}\n${head.key}`
}

function parseHead(text: string): Head | undefined {
  const fields = parseObject(text)
  if (fields === undefined || fields['v'] !== 1) return undefined
  const { seq, hash, ts, closed, key, signature } = fields
  if (typeof seq !== 'number' || typeof closed !== 'boolean' || typeof hash !== 'string') return undefined
  if (typeof ts !== 'string' || typeof key !== 'string' || typeof signature !== 'string') return undefined
  return { seq, hash, ts, closed, key, signature }
}
