import type { AdminContext } from '../admin-env.ts'

/**
 * How an answer that has begun is broken off, so that nobody takes the part that they got for the whole. A stream that fails would not do: the HTTP
 * server ends such an answer in order, with the text of the error in it.
 */
export function breakingOff(c: AdminContext): (controller: ReadableStreamDefaultController<Uint8Array>) => void {
  // Absent where no server of Node's stands before, as in a call of the routes themselves.
  const outgoing = (c.env as AdminContext['env'] | undefined)?.outgoing
  return (controller) => {
    if (outgoing === undefined) controller.error(new Error('the answer was broken off'))
    else outgoing.destroy()
  }
}
