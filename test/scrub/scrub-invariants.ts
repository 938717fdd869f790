import { scrubbed } from './scrubbing.ts'

/**
 * What holds for every secret (eight bytes and more) and all chunks: nothing is lost or added, only asterisks are put in, the secret is not in what comes
 * out, and the chunks make no difference. For fuzzing.
 * @throws Error naming what does not hold; neither the secret nor the text stands in it
 */
export function scrubInvariants(secret: string, chunks: readonly Uint8Array[]): void {
  const given = Buffer.concat(chunks)
  const { bytes, hits } = scrubbed(secret, chunks)
  const whole = scrubbed(secret, [given])
  if (bytes.length !== given.length) throw new Error(`${given.length} bytes became ${bytes.length}`)
  if (!bytes.equals(whole.bytes) || hits !== whole.hits) throw new Error('it depends on the chunks')
  const blotted = bytes.filter((byte, at) => byte !== given[at])
  if (blotted.some((byte) => byte !== 0x2a)) throw new Error('something other than an asterisk was put in')
  if ((hits === 0) !== (blotted.length === 0) && !secret.includes('*')) throw new Error('what was counted is not what was changed')
  if (bytes.includes(secret)) throw new Error('the secret came through')
}
