const RUN = /(?:%[0-9A-Fa-f]{2})+/g
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Whether every `%` begins a complete triplet. Pure; linear. */
export function tripletsAreWhole(text: string): boolean {
  for (let at = text.indexOf('%'); at !== -1; at = text.indexOf('%', at + 3)) {
    if (!isHex(text.charCodeAt(at + 1)) || !isHex(text.charCodeAt(at + 2))) return false
  }
  return true
}

/**
 * Decodes every complete triplet once and leaves an incomplete one as it stands.
 * @returns undefined where the bytes are not UTF-8 (overlong forms of `.` and `/` among them)
 */
export function decodeOnce(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return text.replace(RUN, (run) => UTF8.decode(Buffer.from(run.replaceAll('%', ''), 'hex')))
  } catch {
    return undefined
  }
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66)
}
