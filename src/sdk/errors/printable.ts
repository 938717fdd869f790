const MAX_LENGTH = 500
/** Controls, line separators, direction marks and other invisible ones, lone surrogates, and what is no character. */
const UNPRINTABLE = /\p{C}|\p{Zl}|\p{Zp}/gu

/** A text that an upstream may have made up, as a terminal or a log can show it without being told what to do by it; bounded. Pure. */
export function printable(text: string): string {
  return text.slice(0, MAX_LENGTH).replace(UNPRINTABLE, '?')
}
