import type { Secret } from '../../lib/secret.ts'
import type { References } from '../references.ts'
import type { ConfigText } from '../schema/config-schema.ts'

/** The store's keys: the first seals, all of them open. */
export async function resolveStoreKeys(store: ConfigText['store'], references: References): Promise<readonly [Secret, ...Secret[]]> {
  const key = await references.secret(store.key, ['store', 'key'])
  const previous = await Promise.all(store.previous_keys.map((reference, index) => references.secret(reference, ['store', 'previous_keys', index])))
  return [key, ...previous]
}
