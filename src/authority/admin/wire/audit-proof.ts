import { z } from '@hono/zod-openapi'
import type { ChainProof } from '../../../audit/chain-proofs.ts'
import { indexedRecord } from '../../../audit/indexed-record.ts'
import { CHECKPOINT } from '../../../audit/record.ts'
import { auditRecord } from './audit.ts'

const proof = z.object({
  chain: z.string(),
  seq: z.number().int(),
  lines: z.array(z.string()).openapi({
    description: 'as they stand in the log: from the record to the checkpoint that signs it. Who is shown only their own records gets no line of others: the record’s and the checkpoint’s then, which `seq` shows not to be next to each other',
  }),
  public_key: z.string().nullable().openapi({ description: 'SPKI PEM, Ed25519, of the key that signed the checkpoint; null where the authority has it not' }),
  key_id: z.string().nullable().openapi({ description: 'the key that the checkpoint names' }),
  checkpoint_seq: z.number().int().nullable(),
  state: z.enum(['signed', 'not_signed_yet', 'broken', 'out_of_reach']).openapi({
    description: 'what the authority found: `signed`: every link and the signature hold; `broken`: something was changed; `out_of_reach`: it cannot be shown from here',
  }),
  detail: z.string(),
}).openapi('AuditProof')

/** One record, and that it stands in its chain as it was written. */
export const provenRecord = z.object({ record: auditRecord, proof }).openapi('ProvenAuditRecord')

const HIDDEN = 'The lines between are of others and not shown, and a line’s hash is over all of it: that the links between hold is what the authority says.'

/**
 * The proof as it is answered. Of a line nothing can be left out, since its hash is over all of it: so who is shown only their own records gets no
 * line of others, and is told that the links between are not theirs to check. Pure.
 * @param onlyPerson whose records alone may be seen; undefined for everybody's
 */
export function proofView(found: ChainProof, onlyPerson: string | undefined): z.infer<typeof proof> {
  const { chain, seq, lines, publicKeyPem, keyId, checkpointSeq, state, detail } = found
  const mayBeShown = lines.map((line) => onlyPerson === undefined || isOwn(chain, line, onlyPerson))
  const whole = mayBeShown.every(Boolean)
  return {
    chain, seq, state,
    lines: whole ? [...lines] : lines.filter((_, at) => (at === 0 || at === lines.length - 1) && mayBeShown[at] === true),
    public_key: publicKeyPem ?? null, key_id: keyId ?? null, checkpoint_seq: checkpointSeq ?? null,
    detail: whole ? detail : `${detail} ${HIDDEN}`,
  }
}

/** A checkpoint tells of nobody. */
function isOwn(chain: string, line: string, person: string): boolean {
  const record = indexedRecord(chain, line)
  return record !== undefined && (record.event === CHECKPOINT || record.person === person)
}
