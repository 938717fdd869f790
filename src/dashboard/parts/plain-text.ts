/**
 * Characters that are not what they look like: controls, line and paragraph separators, direction marks and overrides, zero-width and other
 * invisible ones, fillers, variation selectors, tags, and lone surrogates. The same as on the pages of the server.
 */
const DECEPTIVE = /\p{Cc}|\p{Cf}|\p{Cs}|\p{Co}|\p{Zl}|\p{Zp}|\p{Default_Ignorable_Code_Point}/gu
/** Stacked marks that would cover the lines around. */
const MARKS = /(\p{M}{3})\p{M}+/gu

/**
 * A text of somebody else's, as it may stand on a page: what cannot be seen is spelt out (`[U+202E]`), and what is too long is cut in the
 * middle, so that its end is seen too. Pure.
 */
export function plainText(text: string, maxLength = 120): string {
  const bounded = text.length > 4 * maxLength ? text.slice(0, 2 * maxLength) + text.slice(-2 * maxLength) : text
  const characters = Array.from(spelt(bounded))
  if (characters.length <= maxLength) return characters.join('')
  const end = Math.floor(maxLength / 3)
  return `${characters.slice(0, maxLength - end - 1).join('')}…${characters.slice(-end).join('')}`
}

function spelt(text: string): string {
  return text.replace(MARKS, '$1').replace(DECEPTIVE, (character) => `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`)
}
