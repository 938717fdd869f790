/** A compiled glob: whether it matches the whole text. */
export type Glob = (text: string) => boolean

const MAX_PATTERN_LENGTH = 256
/** Tokens besides literal characters. */
const STAR = -1
const GLOBSTAR = -2

/**
 * Compiles a glob: `*` is any run of characters within one segment, `**` any run at all; everything else is literal.
 * There are no classes, no `?` and no escapes, so nothing that a policy or a token holds is ever a regular expression.
 * Matching is linear in the text.
 * @param separator ends a segment; '' for texts without segments, where `*` and `**` mean the same
 * @throws TypeError over 256 characters; loaders check that before
 */
export function compileGlob(pattern: string, separator: '/' | '' = '/'): Glob {
  if (pattern.length > MAX_PATTERN_LENGTH) throw new TypeError(`a glob has at most ${MAX_PATTERN_LENGTH} characters`)
  const star = pattern.indexOf('*')
  if (star === -1) return (text) => text === pattern
  const prefix = pattern.slice(0, star)
  const rest = pattern.slice(star)
  if (rest === '**' || (rest === '*' && separator === '')) return (text) => text.startsWith(prefix)
  if (rest === '*') return (text) => text.startsWith(prefix) && !text.includes(separator, prefix.length)
  const tokens = tokensOf(rest)
  return (text) => text.startsWith(prefix) && simulate(tokens, text, prefix.length, separator)
}

/** Whether the text can be compiled as a glob: length is the only bound. */
export function isGlob(text: string): boolean {
  return text.length > 0 && text.length <= MAX_PATTERN_LENGTH
}

function tokensOf(pattern: string): readonly number[] {
  const tokens: number[] = []
  for (let index = 0; index < pattern.length; index++) {
    if (pattern[index] !== '*') {
      tokens.push(pattern.charCodeAt(index))
    } else if (pattern[index + 1] === '*') {
      tokens.push(GLOBSTAR)
      while (pattern[index + 1] === '*') index += 1
    } else {
      tokens.push(STAR)
    }
  }
  return tokens
}

/** Follows every way to match at once: `open[i]` says that tokens before `i` match what was read so far. */
function simulate(tokens: readonly number[], text: string, from: number, separator: string): boolean {
  let open = new Uint8Array(tokens.length + 1)
  open[0] = 1
  skipStars(tokens, open)
  for (let index = from; index < text.length; index++) {
    const next = advance(tokens, open, text.charCodeAt(index), separator === '' ? NaN : separator.charCodeAt(0))
    if (next === undefined) return false
    open = next
  }
  return open[tokens.length] === 1
}

function advance(tokens: readonly number[], open: Uint8Array, character: number, separator: number): Uint8Array<ArrayBuffer> | undefined {
  const next = new Uint8Array(open.length)
  let alive = false
  for (let state = 0; state < tokens.length; state++) {
    if (open[state] !== 1) continue
    const token = tokens[state]
    const stays = token === GLOBSTAR || (token === STAR && character !== separator)
    if (stays) next[state] = 1
    if (token === character) next[state + 1] = 1
    alive ||= stays || token === character
  }
  if (!alive) return undefined
  skipStars(tokens, next)
  return next
}

/** A star may match nothing at all. */
function skipStars(tokens: readonly number[], open: Uint8Array): void {
  for (let state = 0; state < tokens.length; state++) {
    if (open[state] === 1 && (tokens[state] ?? 0) < 0) open[state + 1] = 1
  }
}
