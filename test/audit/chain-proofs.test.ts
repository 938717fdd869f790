import * as fc from 'fast-check'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { open, readFile, writeFile } from 'node:fs/promises'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ChainProofs, type ChainProof, type ChainProofsOptions } from '../../src/audit/chain-proofs.ts'
import type { FileAuditLog } from '../../src/audit/file-audit-log.ts'
import type { FileAuditLogOptions } from '../../src/audit/file-audit-log-options.ts'
import { findLine } from '../../src/audit/find-line.ts'
import { loadOrCreateSigningKey } from '../../src/audit/signing-key.ts'
import { callEvent } from './support/event.ts'
import { rechained } from './support/finished-log.ts'
import { LogDirectory } from './support/log-directory.ts'

let directory: LogDirectory
let log: FileAuditLog | undefined

beforeEach(() => { directory = new LogDirectory() })
afterEach(async () => {
  await log?.close().catch(() => undefined)
  log = undefined
  directory[Symbol.dispose]()
})

/** A log of so many calls, one after the other, open still. */
async function written(calls: number, extra: Partial<FileAuditLogOptions> = {}): Promise<void> {
  log = await directory.open({ checkpointEveryRecords: 5, checkpointEveryMs: 3_600_000, ...extra })
  for (let call = 0; call < calls; call++) await log.commit(callEvent(`dec_${call}`))
}

/** The same, closed: the file is then what a test wants it to be. */
async function closed(calls: number, extra: Partial<FileAuditLogOptions> = {}): Promise<readonly string[]> {
  await written(calls, extra)
  await log?.close()
  return allLines()
}

const allLines = (): readonly string[] => directory.text().split('\n').slice(0, -1)
const lineOf = (seq: number): string => allLines()[seq - 1] ?? ''
const put = (lines: readonly string[]): void => writeFileSync(directory.file, lines.map((line) => `${line}\n`).join(''))

function prove(seq: number, line = lineOf(seq), extra: Partial<ChainProofsOptions> = {}): Promise<ChainProof> {
  return new ChainProofs({ file: directory.file, chain: () => 'chn_here', key: directory.key.verifyKey, ...extra }).of({ chain: 'chn_here', seq, line })
}

/** What anybody can do with the answer alone, after docs/audit.md; throws where it does not hold. */
function checkedElsewhere({ lines, publicKeyPem = '', keyId, checkpointSeq }: ChainProof): void {
  const parsed = lines.map((line) => JSON.parse(line) as { seq: number; prev: string; ts: string; event: string; key: string; signature: string })
  for (const [at, record] of parsed.entries()) {
    if (at === 0) continue
    expect(record.seq).toBe((parsed[at - 1]?.seq ?? 0) + 1)
    expect(record.prev).toBe(`sha256:${createHash('sha256').update(lines[at - 1] ?? '').digest('hex')}`)
  }
  const last = parsed.at(-1)
  expect(last).toMatchObject({ event: 'audit.checkpoint', seq: checkpointSeq, key: keyId })
  const key = createPublicKey(publicKeyPem)
  const fingerprint = createHash('sha256').update(key.export({ type: 'spki', format: 'der' })).digest().subarray(0, 16)
  expect(keyId).toBe(`ed25519:${fingerprint.toString('base64url')}`)
  const signed = ['postern audit checkpoint v1', last?.prev, last?.seq, last?.ts, last?.key].join('\n')
  expect(verify(null, Buffer.from(signed), key, Buffer.from(last?.signature ?? '', 'base64url'))).toBe(true)
}

describe('the proof of a record', () => {
  it('has the lines from the record to its checkpoint, which anybody can verify with the key that it names', async () => {
    const lines = await closed(12)
    for (const seq of [1, 3, 5, 7, 14]) {
      const proof = await prove(seq)
      expect(proof).toMatchObject({ state: 'signed' })
      expect(proof.lines).toEqual(lines.slice(seq - 1, proof.checkpointSeq))
      checkedElsewhere(proof)
    }
    expect((await prove(1)).checkpointSeq).toBe(6)
  })

  it('finds every record of every segment while the log is written', async () => {
    await written(60, { maxSegmentBytes: 8_000 })
    expect(directory.files().length).toBeGreaterThan(3)
    const lines = allLines()
    const signed = lines.slice(0, lines.findLastIndex((line) => line.includes('audit.checkpoint')))
    const proofs = await Promise.all(signed.map((line, at) => prove(at + 1, line)))
    expect(proofs.filter(({ state }) => state !== 'signed')).toEqual([])
    expect(new Set(proofs.map(({ checkpointSeq }) => checkpointSeq)).size).toBeGreaterThan(10)
  })

  it('says that a record is not signed yet, with the lines so far', async () => {
    await written(8)
    const lines = allLines()
    expect(await prove(8)).toMatchObject({ state: 'not_signed_yet', lines: lines.slice(7), publicKeyPem: undefined, keyId: undefined, checkpointSeq: undefined })
  })

  it('leaves out a last line that is just being written', async () => {
    await written(8)
    const lines = allLines()
    await writeFile(directory.file, `${lines.join('\n')}\n{"v":1,"seq":10,`)
    expect(await prove(8)).toMatchObject({ state: 'not_signed_yet', lines: lines.slice(7) })
  })

  it.each<[string, (lines: string[]) => readonly string[], RegExp]>([
    ['was changed behind it', (lines) => lines.with(3, (lines[3] ?? '').replace('"outcome":"ok"', '"outcome":"no"')), /^Line 3 from this record on: the next record names another hash/],
    ['was taken out behind it', (lines) => lines.toSpliced(3, 1), /^Line 3 from this record on: record 5 follows record 3/],
    ['was put in behind it', (lines) => lines.toSpliced(3, 0, lines[2] ?? ''), /^Line 3 from this record on: record 3 stands after record 3/],
    ['was chained anew', (lines) => rechained(lines.toSpliced(3, 1)), /^Line 4 from this record on: the signature is not by this key/],
    ['is no record any more', (lines) => lines.with(3, 'nothing'), /is no (audit )?record/],
    ['was changed, itself', (lines) => rechained(lines.with(1, (lines[1] ?? '').replace('acme/backend', 'acme/frontend'))), /^The searchable copy shows another record/],
    ['is gone', (lines) => lines.toSpliced(1, 1), /^The log does not hold this record where it should be/],
  ])('is broken where a line %s', async (_, change, detail) => {
    const before = await closed(12)
    put(change([...before]))
    expect(await prove(2, before[1])).toMatchObject({ state: 'broken', detail: expect.stringMatching(detail) })
  })

  it('is broken where the searchable copy was changed', async () => {
    await closed(6)
    expect(await prove(2, lineOf(2).replace('alice', 'bob'))).toMatchObject({ state: 'broken', lines: expect.arrayContaining([lineOf(2)]) })
  })

  it('is broken where a full segment does not end with a checkpoint', async () => {
    await closed(30, { maxSegmentBytes: 3_000 })
    const [oldest = ''] = directory.files()
    const lines = readFileSync(oldest, 'latin1').split('\n').slice(0, -1)
    const line = lines.at(-2) ?? ''
    writeFileSync(oldest, lines.slice(0, -1).map((each) => `${each}\n`).join(''))
    expect(await prove(lines.length - 1, line)).toMatchObject({ state: 'broken', detail: expect.stringContaining('does not end with a checkpoint') })
  })

  it('is out of reach, and nothing worse, for what this authority has not', async () => {
    const lines = await closed(30, { maxSegmentBytes: 3_000 })
    const other = loadOrCreateSigningKey(join(directory.path, 'other.key')).verifyKey
    const strange = await prove(2, lines[1], { key: other })
    expect(strange).toMatchObject({ state: 'out_of_reach', detail: expect.stringMatching(/names a key .* or a stranger’s/), keyId: directory.key.id, publicKeyPem: undefined })
    expect(await prove(2, lines[1], { chain: () => 'chn_other' })).toMatchObject({ state: 'out_of_reach', lines: [lines[1]], detail: expect.stringContaining('another log') })
    rmSync(directory.files()[0] ?? '')
    expect(await prove(2, lines[1])).toMatchObject({ state: 'out_of_reach', lines: [lines[1]], detail: expect.stringContaining('begins after this record') })
  })

  it('is broken under a strange key, too, where the links do not hold', async () => {
    const before = await closed(12)
    put(before.toSpliced(3, 1))
    const other = loadOrCreateSigningKey(join(directory.path, 'other.key')).verifyKey
    expect(await prove(2, before[1], { key: other })).toMatchObject({ state: 'broken' })
  })

  it('is bounded in lines and in bytes', async () => {
    const lines = await closed(12, { checkpointEveryRecords: 10 })
    expect(await prove(1, lines[0], { maxLines: 11 })).toMatchObject({ state: 'signed' })
    expect(await prove(1, lines[0], { maxLines: 10 })).toMatchObject({ state: 'out_of_reach', lines: lines.slice(0, 10), detail: expect.stringContaining('too far behind') })
    expect(await prove(1, lines[0], { maxBytes: 3000 })).toMatchObject({ state: 'out_of_reach', lines: lines.slice(0, 3) })
  })
})

describe('a record is found in its file', () => {
  it('by its number, wherever it lies and however long the lines are, and only where it is', async () => {
    const file = join(directory.path, 'lines')
    const line = fc.record({ skips: fc.integer({ min: 1, max: 3 }), length: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 20_000 })) })
    await fc.assert(fc.asyncProperty(fc.array(line, { maxLength: 40 }), async (lines) => {
      let [seq, start] = [0, 0]
      const starts = new Map<number, number>()
      const text = lines.map(({ skips, length }) => {
        seq += skips
        starts.set(seq, start)
        const one = `{"v":1,"seq":${seq},${'x'.repeat(length)}\n`
        start += one.length
        return one
      }).join('')
      await writeFile(file, text)
      await using handle = await open(file)
      for (let wanted = 1; wanted <= seq + 1; wanted++) expect(await findLine(handle, wanted)).toBe(starts.get(wanted))
    }), { numRuns: 60 })
  })

  it('by few reads', async () => {
    await writeFile(join(directory.path, 'many'), Array.from({ length: 50_000 }, (_, n) => `{"v":1,"seq":${n + 1},"x":"${'y'.repeat(n % 300)}"}\n`).join(''))
    await using handle = await open(join(directory.path, 'many'))
    let reads = 0
    const counting = new Proxy(handle, { get: (target, name) => {
      if (name === 'read') reads += 1
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) as unknown : value
    } })
    const start = (await findLine(counting, 31_415)) ?? 0
    expect((await readFile(join(directory.path, 'many'), 'latin1')).slice(start).startsWith('{"v":1,"seq":31415,')).toBe(true)
    expect(reads).toBeLessThan(80)
  })
})
