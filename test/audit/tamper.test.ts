import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advance, GENESIS } from '../../src/audit/chain.ts'
import { checkpointLine } from '../../src/audit/checkpoint.ts'
import type { Head } from '../../src/audit/head-file.ts'
import { verifyExitCode } from '../../src/audit/verify.ts'
import { callEvent } from './support/event.ts'
import { bytesOf, finishedLog, memoryKey, rechained, verifyBytes } from './support/finished-log.ts'
import { lineOf } from './support/line.ts'

const key = memoryKey()
const keys = [key.verifyKey]
const { lines, state } = finishedLog(Array.from({ length: 12 }, (_, index) => callEvent(`dec_${index}`)), key)
const good = bytesOf(lines)
const head: Head = headOf(state.seq, state.hash, true)

function headOf(seq: number, hash: string, closed: boolean): Head {
  const ts = '2026-11-21T10:00:00.000Z'
  const signature = key.sign(`postern audit head v1\n${hash}\n${seq}\n${ts}\n${closed}\n${key.id}`)
  return { seq, hash, ts, closed, key: key.id, signature }
}

const kinds = (bytes: Buffer, more: Parameters<typeof verifyBytes>[2] = {}): readonly string[] =>
  verifyBytes(bytes, keys, more).problems.map((problem) => problem.kind)

const anyLine = fc.integer({ min: 0, max: lines.length - 1 })

describe('a finished log', () => {
  it('verifies as it was written', () => {
    const report = verifyBytes(good, keys, { head })
    expect(report.problems).toEqual([])
    expect(report).toMatchObject({ records: lines.length, firstSeq: 1, signedSeq: lines.length, last: state })
    expect(verifyExitCode(report)).toBe(0)
  })

  it('betrays any change of any single byte', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const changed = Buffer.from(good)
        changed[at] = (changed[at] ?? 0) ^ difference
        expect(kinds(changed)).not.toEqual([])
      }),
      { numRuns: 1500 },
    )
  })

  it('betrays every changed byte of its last checkpoint, of which no later record holds the hash', () => {
    const lastLine = (lines.at(-1) ?? '').length + 1
    const unseen: number[] = []
    for (let at = good.length - lastLine; at < good.length; at++) {
      const changed = Buffer.from(good)
      changed[at] = (changed[at] ?? 0) ^ 1
      if (kinds(changed).length === 0) unseen.push(at)
    }
    expect(unseen).toEqual([])
  })

  it('betrays a line that was taken out, also where all were numbered and chained anew', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: lines.length - 2 }), (at) => {
        const without = lines.toSpliced(at, 1)
        expect(kinds(bytesOf(without))).not.toEqual([])
        expect(kinds(bytesOf(rechained(without)))).not.toEqual([])
      }),
    )
  })

  it('betrays two lines that changed places, also where all were numbered and chained anew', () => {
    fc.assert(
      fc.property(anyLine, anyLine, (one, other) => {
        fc.pre(one !== other)
        const swapped = lines.with(one, lines[other] ?? '').with(other, lines[one] ?? '')
        expect(kinds(bytesOf(swapped))).not.toEqual([])
        expect(kinds(bytesOf(rechained(swapped)))).not.toEqual([])
      }),
    )
  })

  it('betrays a line that was put in or repeated, also where all were numbered and chained anew', () => {
    fc.assert(
      fc.property(anyLine, anyLine, (at, copied) => {
        const more = lines.toSpliced(at, 0, lines[copied] ?? '')
        expect(kinds(bytesOf(more))).not.toEqual([])
        expect(kinds(bytesOf(rechained(more)))).not.toEqual([])
      }),
    )
  })

  it('betrays an end that was cut at any byte, by its head file', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: good.length - 1 }), (length) => {
        expect(kinds(good.subarray(0, length), { head })).not.toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('betrays a record that was rewritten in agreement with the chain, by the signature', () => {
    const rewritten = rechained(lines.with(2, (lines[2] ?? '').replace('"status":200', '"status":404')))
    expect(kinds(bytesOf(rewritten))).toEqual(['signature', 'signature', 'signature', 'unsigned'])
  })
})

describe('a verification', () => {
  it('says which record was changed, and only that', () => {
    const changed = lines.with(2, (lines[2] ?? '').replace('"status":200', '"status":500'))
    expect(verifyBytes(bytesOf(changed), keys).problems).toEqual([
      { kind: 'changed', file: 'audit.jsonl', line: 3, problem: expect.stringContaining('it was changed') },
    ])
  })

  it('says which records are missing', () => {
    expect(verifyBytes(bytesOf(lines.toSpliced(6, 2)), keys).problems).toEqual([
      { kind: 'missing', file: 'audit.jsonl', line: 7, problem: 'record 9 follows record 6: records 7 to 8 are missing' },
    ])
  })

  it('tells moved records from missing ones', () => {
    const moved = lines.with(3, lines[4] ?? '').with(4, lines[3] ?? '')
    expect(kinds(bytesOf(moved))).toEqual(['missing', 'out_of_order', 'missing'])
  })

  it('says how many records are missing at the end, and who knows it', () => {
    const cut = bytesOf(lines.slice(0, 6))
    expect(kinds(cut)).toEqual([])
    expect(verifyBytes(cut, keys, { head }).problems.map(({ problem }) => problem)).toEqual([
      'the log ends with record 6, but record 15 was written, as the head file shows: records 7 to 15 are missing',
    ])
    expect(kinds(cut, { anchor: { seq: 12, hash: undefined } })).toEqual(['truncated'])
    expect(kinds(cut, { anchor: { seq: 6, hash: state.hash } })).toEqual(['changed'])
  })

  it('betrays a whole log that was written anew, by a record that was noted elsewhere', () => {
    const other = finishedLog(Array.from({ length: 12 }, (_, index) => callEvent(`forged_${index}`)), key)
    expect(kinds(bytesOf(other.lines))).toEqual([])
    expect(kinds(bytesOf(other.lines), { anchor: { seq: state.seq, hash: state.hash } })).toEqual(['changed'])
    expect(kinds(bytesOf(other.lines), { head })).toEqual(['head'])
  })

  it('betrays records that were added after the log was closed', () => {
    const line = lineOf(state, callEvent('late'), 0)
    const more = [...lines, line, checkpointLine(advance(state, line), 0, key)]
    expect(kinds(bytesOf(more))).toEqual([])
    expect(kinds(bytesOf(more), { head })).toEqual(['head'])
  })

  it('accepts no head that was changed', () => {
    expect(kinds(good, { head: { ...head, seq: 3 } })).toContain('head')
    expect(kinds(good, { head: { ...head, closed: false } })).toEqual(['head'])
    expect(kinds(good, { head: { ...headOf(state.seq, state.hash, true), key: 'ed25519:other' } })).toEqual(['head'])
  })

  it('accepts no signature of a key that was not given', () => {
    expect(verifyBytes(good, [memoryKey().verifyKey]).problems.map(({ kind }) => kind)).toEqual(['signature', 'signature', 'signature', 'unsigned'])
  })

  it('accepts no checkpoint as a head nor the reverse: what is signed says what it is', () => {
    const forged = headOf(state.seq, state.hash, true)
    const asCheckpoint = `{"v":1,"seq":1,"ts":"${forged.ts}","event":"audit.checkpoint","prev":"${GENESIS.hash}","key":"${key.id}","signature":"${forged.signature}"}`
    expect(kinds(bytesOf([asCheckpoint]))).toEqual(['signature', 'unsigned'])
  })

  it('accepts a young log that only its head is signed for, and not without that', () => {
    const young = bytesOf(lines.slice(0, 3))
    expect(kinds(young, { head: headOf(0, GENESIS.hash, false) })).toEqual([])
    expect(kinds(Buffer.alloc(0), { head: headOf(0, GENESIS.hash, false) })).toEqual([])
    expect(kinds(young, { head: headOf(0, GENESIS.hash, true) })).toEqual(['head', 'unsigned'])
    expect(kinds(young, { head: { ...headOf(0, GENESIS.hash, false), signature: 'x' } })).toEqual(['head', 'unsigned'])
  })

  it('does not take a log without any good signature for verified', () => {
    expect(kinds(Buffer.alloc(0))).toEqual(['unsigned'])
    expect(kinds(bytesOf(lines.slice(0, 3)))).toEqual(['unsigned'])
  })

  it('wants a log that begins late to be declared', () => {
    const rest = bytesOf(lines.slice(6))
    expect(kinds(rest)).toEqual(['begins_late'])
    expect(kinds(rest, { beginsAt: 7 })).toEqual([])
    expect(kinds(good, { beginsAt: 7 })).toEqual(['out_of_order'])
  })

  it('keeps its report bounded where everything is wrong', () => {
    const garbage = Buffer.from('no record\n'.repeat(5000))
    const report = verifyBytes(garbage, keys)
    expect(report.problems).toHaveLength(100)
    expect(report.furtherProblems).toBe(4901)
  })

  it('takes a line without end, and one of absurd length, for what they are', () => {
    expect(kinds(good.subarray(0, good.length - 1))).toEqual(['torn'])
    expect(kinds(Buffer.from(`${'x'.repeat(3 * 1024 * 1024)}\n`))).toEqual(['torn', 'not_a_record', 'unsigned'])
  })
})

describe('what has no end', () => {
  const started = (exchange: string) => callEvent(exchange, { event: 'api.started' })

  it('lists calls that were started and never completed, as the only finding', () => {
    const log = finishedLog([started('a'), started('b'), started('c'), callEvent('b'), callEvent('c', { event: 'api.denied', outcome: 'denied' })], key)
    const report = verifyBytes(bytesOf(log.lines), keys)
    expect(report.problems).toEqual([])
    expect(report.unmatchedStarts.list()).toEqual([{ id: 'a', file: 'audit.jsonl', line: 1, seq: 1 }])
    expect(verifyExitCode(report)).toBe(2)
  })

  it('lists credentials that were issued and not told expired or revoked, as information', () => {
    const issued = (credential: string) => callEvent('x', { event: 'credential.issued', credential })
    const ended = [callEvent('x', { event: 'credential.expired', credential: 'crd_2' }), callEvent('x', { event: 'credential.revoked', credential: 'crd_3' })]
    const log = finishedLog([issued('crd_1'), issued('crd_2'), issued('crd_3'), ...ended], key)
    const report = verifyBytes(bytesOf(log.lines), keys)
    expect(report.openCredentials.list().map(({ id }) => id)).toEqual(['crd_1'])
    expect(verifyExitCode(report)).toBe(0)
  })

  it('lets tampering outweigh it', () => {
    const log = finishedLog([started('a'), callEvent('b')], key)
    expect(verifyExitCode(verifyBytes(bytesOf(log.lines.toSpliced(1, 1)), keys))).toBe(1)
  })
})
