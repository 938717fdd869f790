import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GENESIS, advance } from '../../src/audit/chain.ts'
import { checkpointLine } from '../../src/audit/checkpoint.ts'
import { loadOrCreateSigningKey, type SigningKey } from '../../src/audit/signing-key.ts'
import { verifyProof, type Proof, type ProofFinding } from '../../src/dashboard/audit/verify-proof.ts'
import { lineOf } from '../audit/support/line.ts'

const RECORDS = 6
const directory = mkdtempSync(join(tmpdir(), 'postern-proof-'))
let key: SigningKey
let strangerKey: SigningKey
let pem = ''
let strangerPem = ''
let lines: readonly string[] = []

/** A chain of the product's own writing: records, then the checkpoint that signs them. */
beforeAll(async () => {
  key = loadOrCreateSigningKey(join(directory, 'audit.key'))
  strangerKey = loadOrCreateSigningKey(join(directory, 'other.key'))
  pem = await readFile(join(directory, 'audit.key.pub'), 'utf8')
  strangerPem = await readFile(join(directory, 'other.key.pub'), 'utf8')
  lines = chainOf(RECORDS, key)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function chainOf(records: number, signer: SigningKey): readonly string[] {
  const written: string[] = []
  let state = GENESIS
  for (let at = 0; at < records; at += 1) {
    const line = lineOf(state, { event: 'api.call', outcome: 'ok', agent: { id: 'agent:x', name: 'Ünïcode “x”' }, http: { method: 'GET', host: 'h', path: `/${at}`, status: 200 } }, 1_800_000_000_000 + at)
    written.push(line)
    state = advance(state, line)
  }
  return [...written, checkpointLine(state, 1_800_000_001_000, signer)]
}

function proofOf(given: readonly string[], changes: Partial<Proof> = {}): Proof {
  const checkpoint = JSON.parse(given.at(-1) ?? '{}') as { seq: number; key?: string }
  return {
    chain: 'chn_test', seq: (JSON.parse(given[0] ?? '{}') as { seq: number }).seq, lines: [...given], public_key: pem, key_id: checkpoint.key ?? null,
    checkpoint_seq: checkpoint.key === undefined ? null : checkpoint.seq, state: 'signed', detail: '', ...changes,
  }
}

const WHOLE = { subtle: crypto.subtle, isWhole: true }

async function found(given: readonly string[], changes: Partial<Proof> = {}, isWhole = true): Promise<ProofFinding> {
  return verifyProof({ record: JSON.parse(given[0] ?? '{}') as never, proof: proofOf(given, changes) }, { subtle: crypto.subtle, isWhole })
}

/** `Links fails` and so on. */
function failing({ steps }: ProofFinding): readonly string[] {
  return steps.filter(({ state }) => state === 'fails').map(({ name }) => name)
}

describe('a proof that a browser computes', () => {
  it('proves a record of a chain as the product writes it, step by step', async () => {
    const told: string[] = []
    const finding = await verifyProof({ record: JSON.parse(lines[0] ?? '') as never, proof: proofOf(lines) }, { subtle: crypto.subtle, isWhole: true, onStep: ({ name }) => told.push(name) })
    expect(finding.verdict).toBe('proven')
    expect(finding.steps.map(({ name, state }) => `${name} ${state}`)).toEqual(['Record holds', 'Links holds', 'Checkpoint holds', 'Key holds', 'Signature holds'])
    expect(told).toEqual(finding.steps.map(({ name }) => name))
  })

  it('is of the record that was asked for, or none', async () => {
    const record = JSON.parse(lines[0] ?? '') as never
    const proof = proofOf(lines)
    expect((await verifyProof({ record, proof }, { ...WHOLE, asked: proof })).verdict).toBe('proven')
    for (const asked of [{ chain: 'chn_other', seq: proof.seq }, { chain: proof.chain, seq: proof.seq + 1 }]) {
      const finding = await verifyProof({ record, proof }, { ...WHOLE, asked })
      expect([finding.verdict, failing(finding)]).toEqual(['broken', ['Record']])
    }
  })

  it('proves each record up to the one before the checkpoint', async () => {
    for (let from = 0; from < RECORDS; from += 1) expect((await found(lines.slice(from))).verdict).toBe('proven')
  })

  it('takes members in another order for the same record, and another value for another', async () => {
    const record = JSON.parse(lines[0] ?? '') as Record<string, unknown>
    const turned = Object.fromEntries(Object.entries(record).toReversed())
    expect((await verifyProof({ record: turned as never, proof: proofOf(lines) }, WHOLE)).verdict).toBe('proven')
    const other = await verifyProof({ record: { ...turned, outcome: 'denied' } as never, proof: proofOf(lines) }, WHOLE)
    expect([other.verdict, failing(other)]).toEqual(['broken', ['Record']])
  })

  const TAMPERED: readonly [what: string, change: () => { lines: readonly string[]; proof?: Partial<Proof> }, failing: readonly string[]][] = [
    ['the record itself', () => ({ lines: replaced(0, '"/0"', '"/9"') }), ['Links']],
    ['a record on the way', () => ({ lines: replaced(3, '"/3"', '"/9"') }), ['Links']],
    ['a record left out', () => ({ lines: lines.filter((_line, at) => at !== 2) }), ['Links']],
    ['two records in each other’s place', () => ({ lines: [lines[0], lines[2], lines[1], ...lines.slice(3)].map(String) }), ['Links']],
    ['the time of the checkpoint', () => ({ lines: replaced(RECORDS, /"ts":"[^"]+"/, '"ts":"2030-01-01T00:00:00.000Z"') }), ['Signature']],
    ['a member more in the checkpoint', () => ({ lines: replaced(RECORDS, '{"v":1', '{"v":1,"x":1') }), ['Checkpoint']],
    ['a signature that is no base64url', () => ({ lines: replaced(RECORDS, /"signature":"[^"]+"/, '"signature":"!!"') }), ['Signature']],
    ['another key given', () => ({ lines, proof: { public_key: strangerPem } }), ['Key', 'Signature']],
    ['another key that signed', () => ({ lines: [...lines.slice(0, -1), chainOf(RECORDS, strangerKey).at(-1) ?? ''] }), ['Links', 'Key', 'Signature']],
    ['another number asked for', () => ({ lines, proof: { seq: 4 } }), ['Record']],
    ['another checkpoint told', () => ({ lines, proof: { checkpoint_seq: 99 } }), ['Checkpoint']],
    ['a line that is no record', () => ({ lines: [...lines.slice(0, 3), '{}', ...lines.slice(4)] }), ['Links']],
    ['a character that no byte is', () => ({ lines: replaced(1, '"/1"', '"/€"') }), ['Links']],
  ]
  for (const [what, change, fails] of TAMPERED) {
    it(`is not taken in by ${what}`, async () => {
      const { lines: given, proof } = change()
      const finding = await found(given, proof)
      expect(failing(finding)).toEqual(fails)
      expect(finding.verdict).toBe('broken')
    })
  }

  it('finds any one byte that was changed on the way', async () => {
    await fc.assert(fc.asyncProperty(fc.nat(RECORDS), fc.nat(), fc.integer({ min: 32, max: 126 }), async (line, at, code) => {
      const text = lines[line] ?? ''
      const place = at % text.length
      fc.pre(text.charCodeAt(place) !== code)
      const given = lines.map((each, number) => (number === line ? text.slice(0, place) + String.fromCharCode(code) + text.slice(place + 1) : each))
      const finding = await verifyProof({ record: JSON.parse(lines[0] ?? '') as never, proof: proofOf(lines, { lines: given }) }, WHOLE)
      expect(finding.verdict).not.toBe('proven')
    }), { numRuns: 300 })
  })

  it('says of lines that are not shown that it could not check them, and of the checkpoint that it is signed', async () => {
    const finding = await found([lines[0] ?? '', lines.at(-1) ?? ''], {}, false)
    expect(finding.verdict).toBe('partly')
    expect(finding.steps.map(({ name, state }) => `${name} ${state}`)).toEqual(['Record holds', 'Links open', 'Checkpoint holds', 'Key holds', 'Signature holds'])
  })

  it('says of a record without a checkpoint that it is not signed yet', async () => {
    const finding = await found(lines.slice(0, 3), { state: 'not_signed_yet', checkpoint_seq: null, key_id: null, public_key: null })
    expect([finding.verdict, ...finding.steps.map(({ name, state }) => `${name} ${state}`)]).toEqual(['not_signed_yet', 'Record holds', 'Links holds', 'Checkpoint open'])
  })

  it('claims nothing where the authority has not the key, and where the browser cannot compute', async () => {
    expect((await found(lines, { public_key: null, state: 'out_of_reach' })).verdict).toBe('unchecked')
    const without = await verifyProof({ record: JSON.parse(lines[0] ?? '') as never, proof: proofOf(lines) }, { ...WHOLE, subtle: undefined })
    expect([without.verdict, failing(without)]).toEqual(['unchecked', []])
  })

  it('believes the authority where that finds it broken', async () => {
    expect((await found(lines, { state: 'broken' })).verdict).toBe('broken')
  })
})

function replaced(at: number, what: string | RegExp, by: string): readonly string[] {
  const changed = lines.map((line, number) => (number === at ? line.replace(what, by) : line))
  if (changed[at] === lines[at]) throw new Error('the tampering changed nothing')
  return changed
}
