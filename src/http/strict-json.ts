const MAX_DEPTH = 32
const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Parses JSON that every parser reads alike: no name twice in an object (compared after unescaping), no `__proto__`, at most
 * 32 levels. Linear.
 * @returns undefined where the text is not such
 */
export function parseStrictJson(text: string): { readonly value: unknown } | undefined {
  // Depth and names are looked at first: JSON.parse recurses, and keeps the last of two equal names.
  if (!isUnambiguous(text)) return undefined
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

/** One level of nesting: the names seen so far, or undefined in an array. */
type Level = Set<string> | undefined

/** Walks the tokens; whether they make up valid JSON, JSON.parse then tells. */
function isUnambiguous(text: string): boolean {
  const levels: Level[] = []
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = stringEnd(text, at)
      if (end === -1 || !nameIsNew(text, at, end, levels.at(-1))) return false
      at = end
    } else if (code === 0x7b || code === 0x5b) {
      if (levels.push(code === 0x7b ? new Set() : undefined) > MAX_DEPTH) return false
    } else if (code === 0x7d || code === 0x5d) {
      levels.pop()
    }
  }
  return true
}

/** @returns the index of the closing quote, -1 where there is none */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at
    if (code === BACKSLASH) at++
  }
  return -1
}

/** A string is a name where a colon follows it; anywhere else this is true. */
function nameIsNew(text: string, start: number, end: number, names: Level): boolean {
  if (names === undefined || !isFollowedByColon(text, end + 1)) return true
  const name = unescaped(text.slice(start, end + 1))
  if (name === undefined || name === '__proto__' || names.has(name)) return false
  names.add(name)
  return true
}

function isFollowedByColon(text: string, from: number): boolean {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return code === 0x3a
  }
  return false
}

function unescaped(literal: string): string | undefined {
  if (!literal.includes('\\')) return literal.slice(1, -1)
  try {
    return JSON.parse(literal) as string
  } catch {
    return undefined
  }
}
