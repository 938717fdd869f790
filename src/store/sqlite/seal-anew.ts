import type { Secret } from '../../lib/secret.ts'
import { Envelope, type Sealer } from '../envelope.ts'
import type { EnvelopeInForce } from '../envelope-in-force.ts'
import type { SealedCell } from './sealed-statements.ts'
import type { WorkerClient } from './worker-client.ts'

/** Sealed values are read and written in parts, so that the others' operations wait for no more than that. */
const PART = 64

/**
 * Puts other keys in force while the store is used. Everything is opened before anything is changed: where something would not open, the old
 * keys stay. What was sealed before the change is under way to the thread ahead of the search, so that none of it is missed.
 * @throws StoreError
 */
export async function replaceKeys(client: WorkerClient, inForce: EnvelopeInForce, keys: readonly [Secret, ...Secret[]]): Promise<void> {
  const next = new Envelope(keys)
  for await (const cells of underOtherKeys(client, next.currentKeyId)) {
    for (const cell of cells) next.open(cell.value, cell)
  }
  await inForce.replace(keys, () => sealAnew(client, inForce, next.currentKeyId))
}

/** Seals anew what is not under the key in force, so that older keys can be taken out of the configuration. @throws StoreError */
export async function sealAnew(client: WorkerClient, sealer: Sealer, currentKeyId: string): Promise<void> {
  for await (const cells of underOtherKeys(client, currentKeyId)) {
    await client.call('sealed.replace', cells.map((cell) => ({ cell, value: sealer.seal(sealer.open(cell.value, cell), cell) })))
  }
}

async function* underOtherKeys(client: WorkerClient, keyId: string): AsyncGenerator<readonly SealedCell[]> {
  let after: SealedCell | undefined
  do {
    const mark = after && { table: after.table, row: after.row, column: after.column }
    const cells = await client.call('sealed.under_other_keys', { key_id: keyId, after: mark, limit: PART })
    if (cells.length > 0) yield cells
    after = cells.at(-1)
  } while (after !== undefined)
}
