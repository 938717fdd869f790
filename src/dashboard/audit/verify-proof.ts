import type { provenRecord } from '../../authority/admin/wire/audit-proof.ts'
import { isCheckpoint, readChainLine, readCheckpoint, sameJson, type ChainLine, type Checkpoint } from './chain-line.ts'
import { base64urlOf, bytesOfBase64url, bytesOfLine, hexOf, spkiOfPem } from './proof-bytes.ts'

/** `GET /v1/audit/records/{chain}/{seq}`. */
export type ProvenRecord = (typeof provenRecord)['_output']
export type Proof = ProvenRecord['proof']

/** One thing that was looked at; `open` is neither shown to hold nor to fail. */
export interface ProofStep {
  readonly name: 'Record' | 'Links' | 'Checkpoint' | 'Key' | 'Signature'
  readonly state: 'holds' | 'fails' | 'open'
  readonly words: string
}

/** `partly`: what could be checked here holds, the rest is what the authority says. */
export type Verdict = 'proven' | 'partly' | 'not_signed_yet' | 'unchecked' | 'broken'

export interface ProofFinding {
  readonly verdict: Verdict
  readonly steps: readonly ProofStep[]
}

type Digest = Pick<typeof crypto.subtle, 'digest' | 'importKey' | 'verify'>

export interface ProofOptions {
  /** WebCrypto; undefined where the browser has none for this page. */
  readonly subtle: Digest | undefined
  /** Whether all lines must be there: true for those who may see everybody's. */
  readonly isWhole: boolean
  /** What the address asked for: another record, however well proven, is not it. */
  readonly asked?: { readonly chain: string; readonly seq: number }
  /** Told of each step as soon as it is done. */
  readonly onStep?: (step: ProofStep) => void
}

/**
 * Checks, by its own computation, that a record stands in its chain as it was signed: record, links, checkpoint, key, signature. What the
 * authority found is believed only where it is worse.
 */
export async function verifyProof({ record, proof }: ProvenRecord, { subtle, isWhole, asked = proof, onStep }: ProofOptions): Promise<ProofFinding> {
  const steps: ProofStep[] = []
  const done = (step: ProofStep): void => { steps.push(step); onStep?.(step) }
  const lines = proof.lines.map(readChainLine)
  done(recordStep(record, proof, lines[0], asked))
  done(orderStep(lines, isWhole) ?? await linksStep(proof.lines, lines, subtle))
  const checkpoint = readCheckpoint(proof.lines.at(-1) ?? '')
  done(checkpointStep(proof, lines.at(-1), checkpoint))
  if (checkpoint !== undefined) {
    const spki = proof.public_key === null ? undefined : spkiOfPem(proof.public_key)
    done(await keyStep(checkpoint, spki, subtle))
    done(await signatureStep(checkpoint, spki, subtle))
  }
  return { verdict: verdictOf(steps, proof), steps }
}

function recordStep(record: unknown, { chain, seq, lines: [text = ''] }: Proof, line: ChainLine | undefined, asked: { readonly chain: string; readonly seq: number }): ProofStep {
  const name = 'Record'
  if (asked.chain !== chain || asked.seq !== seq) return { name, state: 'fails', words: `The proof is of line ${seq} of ${chain}, which is not what was asked for.` }
  if (line === undefined) return { name, state: 'fails', words: 'The line is no record of the log.' }
  if (line.seq !== seq) return { name, state: 'fails', words: `The line has the number ${line.seq}, not ${seq}.` }
  if (!sameJson(line.fields, record)) return { name, state: 'fails', words: 'The line says something else than what is shown here.' }
  return { name, state: 'holds', words: `Line ${seq} of the log, ${text.length} bytes, says what is shown here.` }
}

/** What keeps the links from being computed; undefined for lines that follow each other without a gap. */
function orderStep(read: readonly (ChainLine | undefined)[], isWhole: boolean): ProofStep | undefined {
  const name = 'Links'
  if (read.length < 2) return { name, state: 'open', words: 'There is no later line yet that names this one’s hash.' }
  const strange = read.findIndex((line) => line === undefined)
  if (strange !== -1) return { name, state: 'fails', words: `Line ${strange + 1} from this record on is no record of the log.` }
  const steps = read.slice(1).map((line, at) => (line?.seq ?? 0) - (read[at]?.seq ?? 0))
  if (steps.some((step) => step < 1)) return { name, state: 'fails', words: 'The lines are not in the order of their numbers.' }
  if (steps.every((step) => step === 1)) return undefined
  return isWhole
    ? { name, state: 'fails', words: 'Lines between this record and the checkpoint are missing.' }
    : { name, state: 'open', words: 'The lines between this record and the checkpoint are of other people and not shown to you: that the links between hold is what the authority says.' }
}

async function linksStep(lines: readonly string[], read: readonly (ChainLine | undefined)[], subtle: Digest | undefined): Promise<ProofStep> {
  const name = 'Links'
  if (subtle === undefined) return { name, state: 'open', words: NO_CRYPTO }
  for (const [at, line] of lines.slice(0, -1).entries()) {
    const bytes = bytesOfLine(line)
    const hash = bytes === undefined ? undefined : `sha256:${hexOf(new Uint8Array(await subtle.digest('SHA-256', bytes)))}`
    if (hash !== read[at + 1]?.prev) return { name, state: 'fails', words: `Record ${read[at + 1]?.seq ?? 0} names another hash for record ${read[at]?.seq ?? 0}: it was changed, or another put in its place.` }
  }
  const links = lines.length - 1
  return { name, state: 'holds', words: `${links === 1 ? '1 link: the next line names' : `${links} links: each line names`} the SHA-256 of the line before, recomputed here.` }
}

function checkpointStep({ checkpoint_seq: wanted }: Proof, last: ChainLine | undefined, checkpoint: Checkpoint | undefined): ProofStep {
  const name = 'Checkpoint'
  if (checkpoint !== undefined) {
    return checkpoint.seq === wanted
      ? { name, state: 'holds', words: `Record ${checkpoint.seq} is a checkpoint in the form that is signed.` }
      : { name, state: 'fails', words: `The authority speaks of checkpoint ${wanted ?? 'none'}, and shows ${checkpoint.seq}.` }
  }
  if (last !== undefined && isCheckpoint(last)) return { name, state: 'fails', words: 'The checkpoint is not in the form that is signed.' }
  return { name, state: 'open', words: 'No checkpoint follows yet, or it is not shown.' }
}

async function keyStep({ key }: Checkpoint, spki: Uint8Array<ArrayBuffer> | undefined, subtle: Digest | undefined): Promise<ProofStep> {
  const name = 'Key'
  if (spki === undefined) return { name, state: 'open', words: `The authority does not have the public half of ${key} any more.` }
  if (subtle === undefined) return { name, state: 'open', words: NO_CRYPTO }
  const digest = new Uint8Array(await subtle.digest('SHA-256', spki))
  const id = `ed25519:${base64urlOf(digest.subarray(0, 16))}`
  if (id !== key) return { name, state: 'fails', words: `The key that was given is ${id}, not ${key}.` }
  return { name, state: 'holds', words: `The public key is the one that the checkpoint names: ${id}. That it is your log’s, compare with your audit.key.pub.` }
}

async function signatureStep({ message, signature }: Checkpoint, spki: Uint8Array<ArrayBuffer> | undefined, subtle: Digest | undefined): Promise<ProofStep> {
  const name = 'Signature'
  if (spki === undefined) return { name, state: 'open', words: 'Without the key it cannot be checked here.' }
  if (subtle === undefined) return { name, state: 'open', words: NO_CRYPTO }
  const bytes = bytesOfBase64url(signature)
  if (bytes === undefined) return { name, state: 'fails', words: 'The signature is not in canonical base64url.' }
  const key = await subtle.importKey('spki', spki, 'Ed25519', false, ['verify']).catch(() => undefined)
  if (key === undefined) return { name, state: 'open', words: 'This browser cannot check Ed25519 with this key.' }
  const holds = await subtle.verify('Ed25519', key, bytes, new TextEncoder().encode(message))
  return holds ? { name, state: 'holds', words: 'The Ed25519 signature is by this key, over this chain.' } : { name, state: 'fails', words: 'The signature is not by this key over this chain.' }
}

const NO_CRYPTO = 'This browser computes no hashes on a page that came without TLS: open the dashboard by https to check it here.'

function verdictOf(steps: readonly ProofStep[], { state }: Proof): Verdict {
  const has = (wanted: ProofStep['state']): boolean => steps.some((step) => step.state === wanted)
  if (state === 'broken' || has('fails')) return 'broken'
  const signed = steps.find(({ name }) => name === 'Signature')?.state === 'holds'
  if (signed) return has('open') ? 'partly' : 'proven'
  return state === 'not_signed_yet' ? 'not_signed_yet' : 'unchecked'
}
