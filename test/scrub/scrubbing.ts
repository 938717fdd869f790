import { compileScrub } from '../../src/http/scrub/compiled-scrub.ts'
import { Scrubber } from '../../src/http/scrub/scrubber.ts'
import { Secret } from '../../src/lib/secret.ts'

const compiled = new Map<string, NonNullable<ReturnType<typeof compileScrub>>>()

/** A scrubber of its own for one answer. */
export function scrubberFor(secret: string): Scrubber {
  const scrub = compiled.get(secret) ?? compileScrub(new Secret(secret))
  if (scrub === undefined) throw new TypeError('too short to be looked for')
  compiled.set(secret, scrub)
  return new Scrubber(scrub)
}

/** What comes out of these chunks, of which copies go in. */
export function scrubbed(secret: string, chunks: readonly Uint8Array[]): { readonly bytes: Buffer; readonly hits: number } {
  const scrubber = scrubberFor(secret)
  const out = chunks.map((chunk) => scrubber.push(Buffer.from(chunk)))
  return { bytes: Buffer.concat([...out, scrubber.end()]), hits: scrubber.hits }
}
