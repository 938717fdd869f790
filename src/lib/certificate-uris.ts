const SEQUENCE = 0x30
const OCTET_STRING = 0x04
/** Context-specific, constructed: `extensions` of a TBSCertificate. */
const EXTENSIONS = 0xa3
/** Context-specific, primitive: `uniformResourceIdentifier` of a GeneralName; in pieces it would be no DER. */
const URI = 0x86
const URI_IN_PIECES = 0xa6
/** 2.5.29.17 with its own tag and length. */
const ALTERNATIVE_NAMES = Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x11])

/** One element of DER (X.690): `whole` with tag and length, `content` without. */
interface Element {
  readonly tag: number
  readonly whole: Buffer
  readonly content: Buffer
}

/**
 * Every URI among a certificate's alternative names (RFC 5280 section 4.2.1.6), as it stands there. Read from the bytes: the text that Node
 * makes of the names quotes some of them.
 * @param der the certificate
 * @throws Error where it is not DER
 */
export function uriNames(der: Buffer): readonly string[] {
  const [signed] = partsOf(first(partsOf(der)), SEQUENCE)
  const extensions = partsOf(signed, SEQUENCE).find(({ tag }) => tag === EXTENSIONS)
  if (extensions === undefined) return []
  return partsOf(first(partsOf(extensions.content)), SEQUENCE).flatMap((extension) => {
    const parts = partsOf(extension, SEQUENCE)
    // Between the two may stand whether it is critical.
    return first(parts).whole.equals(ALTERNATIVE_NAMES) ? urisOf(parts.at(-1)) : []
  })
}

function urisOf(value: Element | undefined): readonly string[] {
  const names = partsOf(first(partsOf(value, OCTET_STRING)), SEQUENCE)
  if (names.some(({ tag }) => tag === URI_IN_PIECES)) throw malformed()
  return names.filter(({ tag }) => tag === URI).map(({ content }) => content.toString('latin1'))
}

/** The elements of these bytes, or of an element that has to have this tag. */
function partsOf(from: Buffer | Element | undefined, tag?: number): readonly Element[] {
  if (from === undefined || (!Buffer.isBuffer(from) && tag !== undefined && from.tag !== tag)) throw malformed()
  const bytes = Buffer.isBuffer(from) ? from : from.content
  const parts: Element[] = []
  for (let at = 0; at < bytes.length;) {
    const part = elementAt(bytes, at)
    parts.push(part)
    at += part.whole.length
  }
  return parts
}

function elementAt(bytes: Buffer, at: number): Element {
  const tag = bytes[at] ?? 0
  const short = bytes[at + 1] ?? 0
  const lengthBytes = short < 0x80 ? 0 : short & 0x7f
  const start = at + 2 + lengthBytes
  // No tag of several bytes stands in a certificate; 0x80 would be a length that is told by an end.
  if ((tag & 0x1f) === 0x1f || short === 0x80 || lengthBytes > 3 || start > bytes.length) throw malformed()
  const end = start + (lengthBytes === 0 ? short : bytes.readUIntBE(at + 2, lengthBytes))
  if (end > bytes.length) throw malformed()
  return { tag, whole: bytes.subarray(at, end), content: bytes.subarray(start, end) }
}

function first(parts: readonly Element[]): Element {
  const [part] = parts
  if (part === undefined) throw malformed()
  return part
}

function malformed(): Error {
  return new Error('the certificate is not DER')
}
