/** Letters, marks, numbers, punctuation, symbols and the plain space; not `\`, controls, bidi marks, separators or lone surrogates. */
const UNSAFE = /\\|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu

/** The text with all that could move the cursor, reorder a line or forge another one written as `\u{…}`. */
export function terminalText(text: string): string {
  return text.replaceAll(UNSAFE, (unsafe) => (unsafe === '\\' ? '\\\\' : `\\u{${(unsafe.codePointAt(0) ?? 0).toString(16)}}`))
}
