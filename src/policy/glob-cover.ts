/** More steps than any glob that people write needs; beyond it the answer is the safe one. */
const MAX_STEPS = 50_000
/** Stands for every character that neither glob names. */
const OTHER = '\u0000'

type Token = { readonly literal: string } | 'star' | 'globstar'

/**
 * Whether everything that `inner` matches is matched by `outer`, too: what a person may narrow a target to.
 * Exact for what people write; false where it would take too long to tell. Pure.
 * @param separator ends a segment, as in `compileGlob`
 */
export function globCovers(outer: string, inner: string, separator: '/' | '' = '/'): boolean {
  const wide = tokensOf(outer)
  const narrow = tokensOf(inner)
  const letters = alphabetOf([...wide, ...narrow], separator)
  const begin = [closure(narrow, [0]), closure(wide, [0])] as const
  const seen = new Set<string>([keyOf(begin)])
  const waiting: (readonly [readonly number[], readonly number[]])[] = [begin]
  for (let steps = 0; ; steps++) {
    const pair = waiting.pop()
    if (pair === undefined) return true
    if (steps > MAX_STEPS) return false
    const [mine, theirs] = pair
    // A text that inner takes whole and outer does not.
    if (mine.includes(narrow.length) && !theirs.includes(wide.length)) return false
    for (const letter of letters) {
      const next = [move(narrow, mine, letter, separator), move(wide, theirs, letter, separator)] as const
      if (next[0].length === 0 || seen.has(keyOf(next))) continue
      seen.add(keyOf(next))
      waiting.push(next)
    }
  }
}

function tokensOf(pattern: string): readonly Token[] {
  return [...pattern.matchAll(/\*\*+|\*|[^*]/gsu)].map(([text]): Token => (text === '*' ? 'star' : text.startsWith('**') ? 'globstar' : { literal: text }))
}

/** The characters that make a difference: those that are named, the separator, and one for all others. */
function alphabetOf(tokens: readonly Token[], separator: string): readonly string[] {
  const named = tokens.flatMap((token) => (typeof token === 'object' ? [token.literal] : []))
  return [...new Set([...named, ...(separator === '' ? [] : [separator]), OTHER])]
}

/** A star may match nothing at all. */
function closure(tokens: readonly Token[], states: readonly number[]): readonly number[] {
  const all = new Set<number>()
  for (const state of states) {
    for (let at = state; !all.has(at); at++) {
      all.add(at)
      if (typeof tokens[at] !== 'string') break
    }
  }
  return [...all].sort((a, b) => a - b)
}

function move(tokens: readonly Token[], states: readonly number[], letter: string, separator: string): readonly number[] {
  const next: number[] = []
  for (const state of states) {
    const token = tokens[state]
    if (token === undefined) continue
    if (token === 'globstar' || (token === 'star' && letter !== separator)) next.push(state)
    else if (typeof token === 'object' && token.literal === letter) next.push(state + 1)
  }
  return closure(tokens, next)
}

function keyOf([mine, theirs]: readonly [readonly number[], readonly number[]]): string {
  return `${mine.join(',')}|${theirs.join(',')}`
}
