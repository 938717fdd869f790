/** Printable ASCII without `"` and `\`: what stands in a JSON string as it is. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/
const SHORT: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * The text as a JSON string in printable ASCII only: controls, DEL and everything beyond ASCII, lone surrogates included, become
 * `\uXXXX`, so that `JSON.parse` gives back exactly the text and no terminal or line splitter sees anything else.
 * @param maxLength UTF-16 units kept; what is cut is told by a marker `...[N more]` at the end
 */
export function quote(text: string, maxLength: number): string {
  const bounded = text.length <= maxLength ? text : `${text.slice(0, maxLength)}...[${text.length - maxLength} more]`
  return PLAIN.test(bounded) ? `"${bounded}"` : `"${escaped(bounded)}"`
}

function escaped(text: string): string {
  let out = ''
  for (let index = 0; index < text.length; index++) out += escapedUnit(text.charAt(index), text.charCodeAt(index))
  return out
}

function escapedUnit(unit: string, code: number): string {
  const short = SHORT[unit]
  if (short !== undefined) return short
  return code >= 0x20 && code <= 0x7e ? unit : `\\u${code.toString(16).padStart(4, '0')}`
}
