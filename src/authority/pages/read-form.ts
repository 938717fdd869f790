import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'

/** No form of ours is longer. */
const MAX_BYTES = 65_536

/** Refuses what is longer before it is read. */
export const formLimit = bodyLimit({ maxSize: MAX_BYTES, onError: (c) => c.text('The form is too long.', 413) })

/** The fields of a form that was sent to us; undefined where it is none, or is not whole. */
export async function readForm(c: Context): Promise<URLSearchParams | undefined> {
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') return undefined
  return new URLSearchParams(await c.req.text())
}
