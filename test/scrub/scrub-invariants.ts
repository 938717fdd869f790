import { scrubbed } from './scrubbing.ts'

const STAR = 0x2a

/** So many bytes of a spelling's beginning never leave: eight, or half of a short secret. For secrets in ASCII, of which no spelling is shorter than they are. */
export function keptBack(secret: string): number {
  return Math.min(8, Math.floor(secret.length / 2))
}

/**
 * What holds for every secret (ASCII, eight characters and more, no asterisk) and all chunks: nothing is lost or added, only asterisks are put in, the secret
 * is not in what comes out, and the chunks make no difference but for the first bytes of what is cut. For fuzzing.
 * @throws Error naming what does not hold; neither the secret nor the text stands in it
 */
export function scrubInvariants(secret: string, chunks: readonly Uint8Array[]): void {
  const given = Buffer.concat(chunks)
  const { bytes, hits } = scrubbed(secret, chunks)
  const whole = scrubbed(secret, [given])
  if (bytes.length !== given.length) throw new Error(`${given.length} bytes became ${bytes.length}`)
  const problem = cutProblem(keptBack(secret), given, whole.bytes, bytes)
  if (problem !== undefined) throw new Error(problem)
  if (hits !== whole.hits) throw new Error('what is found depends on the chunks')
  const blotted = bytes.filter((byte, at) => byte !== given[at])
  if (blotted.some((byte) => byte !== STAR)) throw new Error('something other than an asterisk was put in')
  if ((hits === 0) !== (blotted.length === 0)) throw new Error('what was counted is not what was changed')
  if (bytes.includes(secret)) throw new Error('the secret came through')
}

/**
 * What comes in chunks is what comes whole, but that of each spelling less than `kept` bytes may show, the first ones, with more than those blotted behind them.
 * @returns what does not hold
 */
export function cutProblem(kept: number, given: Uint8Array, whole: Uint8Array, cut: Uint8Array): string | undefined {
  for (let at = 0; at < given.length; at += 1) {
    if (cut[at] === whole[at]) continue
    let end = at
    while (end < given.length && cut[end] !== whole[end]) {
      if (whole[end] !== STAR || cut[end] !== given[end]) return 'it depends on the chunks'
      end += 1
    }
    if (end - at >= kept) return `${end - at} bytes of the secret in a row came through`
    if (!cut.subarray(end, end + kept + 1).every((byte) => byte === STAR) || end + kept >= cut.length) return 'what came through is not a beginning'
    at = end
  }
  return undefined
}
