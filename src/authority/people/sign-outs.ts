import type { PersonId } from '../../model/ids.ts'
import type { ShortLived } from '../../store/ports/short-lived.ts'

const KIND = 'sign_out'
/** As good as for ever: no sign-in outlives it, whatever lifetimes the configuration says by then. */
const KEPT_MS = 3_650 * 86_400_000

/**
 * Ends every sign-in of a person, in browsers and on command lines, that began up to now. Told by its moment and not by removing what there is:
 * a request that is under way just now may put a session back. Durable before the promise resolves. @throws StoreError
 */
export async function endSignIns(shortLived: Pick<ShortLived, 'put'>, person: PersonId, nowMs: number): Promise<void> {
  await shortLived.put({ kind: KIND, id: person, payload: { atMs: nowMs }, expiresAtMs: nowMs + KEPT_MS })
}

/** Whether a sign-in that began at this moment was ended since, by `endSignIns`. @throws StoreError */
export async function signInEnded(shortLived: Pick<ShortLived, 'find'>, person: PersonId, beganAtMs: number): Promise<boolean> {
  const atMs = (await shortLived.find(KIND, person))?.payload['atMs']
  return typeof atMs === 'number' && beganAtMs <= atMs
}
