const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const TYPE = new RegExp(`^(${TOKEN}/${TOKEN})[ \\t]*((?:;|$).*)$`)
const PARAMETER = new RegExp(`;[ \\t]*(?:(${TOKEN})=(?:(${TOKEN})|"((?:[\\t !#-\\[\\]-~]|\\\\[\\t -~])*)"))?[ \\t]*`, 'y')
const MAX_LENGTH = 512

/** RFC 9110 section 8.3.1. */
export interface MediaType {
  /** Lower case, without parameters: `application/json`. */
  readonly essence: string
  /** Lower case; undefined where none is given. */
  readonly charset: string | undefined
}

/**
 * Reads one media type. Pure; linear.
 * @returns undefined where the text is no media type, is more than one, or gives the charset twice
 */
export function parseMediaType(text: string): MediaType | undefined {
  const match = text.length > MAX_LENGTH ? null : TYPE.exec(text)
  if (match === null) return undefined
  const charset = charsetOf(match[2] ?? '')
  return charset === null ? undefined : { essence: (match[1] ?? '').toLowerCase(), charset }
}

function charsetOf(parameters: string): string | undefined | null {
  let charset: string | undefined
  PARAMETER.lastIndex = 0
  while (PARAMETER.lastIndex < parameters.length) {
    const match = PARAMETER.exec(parameters)
    if (match === null) return null
    if (match[1]?.toLowerCase() !== 'charset') continue
    if (charset !== undefined) return null
    charset = (match[2] ?? match[3] ?? '').toLowerCase()
  }
  return charset
}
