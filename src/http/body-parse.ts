import { deny, type Denial } from '../model/denial.ts'
import type { InspectedBody } from './body.ts'
import { parseMediaType, type MediaType } from './media-type.ts'
import { decodeOnce, tripletsAreWhole } from './percent.ts'
import type { CanonicalRequest } from './request.ts'
import { parseStrictJson } from './strict-json.ts'

/** The largest body that is read whole in order to be judged, where the configuration says nothing else. */
export const MAX_INSPECTED_BYTES = 1_048_576
const MAX_FORM_FIELDS = 1_000
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const BOM = '\ufeff'
// oxlint-disable-next-line no-control-regex
const FORM_TEXT = /^[\u0021-\u007e]*$/
/** How a JSON object or array begins, raw; a form's own names have these characters percent-encoded. */
const BEGINS_AS_JSON = /^[\t\n\r ]*[[{]/

/**
 * Parses a whole body so strictly that no server can read it another way. Pure; linear.
 * @param request its headers tell the content type and coding
 * @param bytes what came, and what is forwarded
 * @returns the denial `body_refused` (detail says which rule, never the content) or `body_too_large`
 */
export function parseBody(request: Pick<CanonicalRequest, 'headers'>, bytes: Buffer, maxBytes = MAX_INSPECTED_BYTES): InspectedBody | Denial {
  if (bytes.length > maxBytes) return deny('body_too_large', `more than ${maxBytes} bytes`)
  const { contentType, coding } = described(request.headers)
  if (coding !== undefined && coding !== '' && coding !== 'identity') return deny('body_refused', 'the body has a content coding')
  if (bytes.length === 0) return { bytes, format: 'empty', value: {} }
  const type = contentType === undefined ? undefined : parseMediaType(contentType)
  if (type === undefined) return deny('body_refused', 'a body without a content type')
  if (type.charset !== undefined && type.charset !== 'utf-8' && type.charset !== 'utf8') return deny('body_refused', 'a charset other than UTF-8')
  return parseAs(type, bytes)
}

function parseAs(type: MediaType, bytes: Buffer): InspectedBody | Denial {
  const text = utf8(bytes)
  if (text === undefined) return deny('body_refused', 'the body is not UTF-8 without a byte order mark')
  if (isJson(type.essence)) {
    const parsed = parseStrictJson(text)
    return parsed === undefined ? deny('body_refused', 'the body is not JSON with each name once and at most 32 levels') : { bytes, format: 'json', value: parsed.value }
  }
  if (type.essence !== 'application/x-www-form-urlencoded') return deny('body_refused', 'a content type that cannot be judged')
  // GitHub, among others, reads JSON whatever the content type says, and `curl -d` says form: the fields judged would not be those obeyed.
  if (BEGINS_AS_JSON.test(text)) return deny('body_refused', 'a form that reads as JSON', { hint: 'Send JSON with Content-Type: application/json.' })
  const fields = parseForm(text)
  return fields === undefined ? deny('body_refused', 'the body is not a form with each name once') : { bytes, format: 'form', value: fields }
}

/** RFC 6839: `application/json`, `application/vnd.github+json`. */
function isJson(essence: string): boolean {
  return essence === 'application/json' || /^application\/[a-z0-9.!#$&^_-]+\+json$/.test(essence)
}

function described(headers: readonly string[]): { readonly contentType: string | undefined; readonly coding: string | undefined } {
  let contentType: string | undefined
  let coding: string | undefined
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at]?.toLowerCase()
    if (name === 'content-type') contentType = headers[at + 1]
    else if (name === 'content-encoding') coding = headers[at + 1]?.trim().toLowerCase()
  }
  return { contentType, coding }
}

function utf8(bytes: Buffer): string | undefined {
  try {
    const text = UTF8.decode(bytes)
    return text.startsWith(BOM) ? undefined : text
  } catch {
    return undefined
  }
}

/** WHATWG URL, `application/x-www-form-urlencoded`; stricter: `;` is refused in names, and each name stands once. */
function parseForm(text: string): Readonly<Record<string, string>> | undefined {
  if (!FORM_TEXT.test(text) || !tripletsAreWhole(text)) return undefined
  const fields = new Map<string, string>()
  for (const pair of text.split('&')) {
    const equals = pair.indexOf('=')
    const name = formText(equals === -1 ? pair : pair.slice(0, equals))
    const value = equals === -1 ? '' : formText(pair.slice(equals + 1))
    // Servers that split at `;` as well must find no second field.
    if (name === undefined || value === undefined || pair.includes(';')) return undefined
    if (name === '' || name === '__proto__' || fields.has(name) || fields.size >= MAX_FORM_FIELDS) return undefined
    fields.set(name, value)
  }
  return Object.fromEntries(fields)
}

function formText(text: string): string | undefined {
  return decodeOnce(text.replaceAll('+', ' '))
}
