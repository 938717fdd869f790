/**
 * Whether some text is matched by both globs; segments end at `/`. Exact.
 * Pure; O(length of one times length of the other).
 */
export function globsOverlap(one: string, other: string): boolean {
  const [left, right] = [tokensOf(one), tokensOf(other)]
  // `open[j]` says that some text is matched by the left tokens so far and by `j` right tokens.
  let open = closed(Array.from({ length: right.length + 1 }, (_, at) => at === 0), undefined, right)
  for (const token of left) open = closed(advance(open, token, right), token, right)
  return open[right.length] === true
}

const STAR = '*'
const GLOBSTAR = '**'

function tokensOf(glob: string): readonly string[] {
  return [...glob.matchAll(/\*\*+|[^]/gu)].map(([text]) => (text.length > 1 && text.startsWith(STAR) ? GLOBSTAR : text))
}

/** Reads one left token: a star may be nothing, and a literal is read by the same literal or by a right star that stays. */
function advance(open: readonly boolean[], token: string, right: readonly string[]): boolean[] {
  if (isStar(token)) return [...open]
  const next = Array.from({ length: right.length + 1 }, () => false)
  for (let at = 0; at < right.length; at++) {
    const wanted = right[at] ?? ''
    if (open[at] === true && takes(wanted, token)) next[isStar(wanted) ? at : at + 1] = true
  }
  return next
}

/** What can be read on the right without leaving the left token: stars as nothing, and all that a left star takes. */
function closed(open: boolean[], token: string | undefined, right: readonly string[]): boolean[] {
  for (let at = 0; at < right.length; at++) {
    const next = right[at] ?? ''
    if (open[at] === true && (isStar(next) || (token !== undefined && isStar(token) && takes(token, next)))) open[at + 1] = true
  }
  return open
}

function isStar(token: string): boolean {
  return token === STAR || token === GLOBSTAR
}

/** Whether a token can stand for a literal character. */
function takes(token: string, literal: string): boolean {
  if (token === GLOBSTAR) return true
  return token === STAR ? literal !== '/' : token === literal
}
