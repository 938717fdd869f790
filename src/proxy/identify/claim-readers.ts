/** A JSON object of a token's. */
export type JsonObject = Readonly<Record<string, unknown>>

/** A token's claim that does not have the form it must have: carries the claim's name, never its value. */
export class MalformedClaim extends Error {
  /** `authorization_details.0.scopes`: names of ours and indexes. */
  readonly claim: string

  constructor(claim: string) {
    super(`the claim ${claim} does not have the form it must have`)
    this.name = 'MalformedClaim'
    this.claim = claim
  }
}

/** An object that has no member but these: an unknown one could be a restriction that we would not keep. */
export function readObject(value: unknown, claim: string, members: readonly string[]): JsonObject {
  if (!isObject(value) || Object.keys(value).some((member) => !members.includes(member))) throw new MalformedClaim(claim)
  return value
}

/** A list of bounded length, each entry read by itself. */
export function readList<T>(
  value: unknown, claim: string, bounds: { readonly min: number, readonly max: number }, read: (entry: unknown, claim: string) => T,
): readonly T[] {
  if (!Array.isArray(value) || value.length < bounds.min || value.length > bounds.max) throw new MalformedClaim(claim)
  return value.map((entry, index) => read(entry, `${claim}.${index}`))
}

/** A text of a form; the form bounds its length. */
export function readText(value: unknown, claim: string, form: RegExp): string {
  if (typeof value !== 'string' || !form.test(value)) throw new MalformedClaim(claim)
  return value
}

/** The same, where the claim may be missing. */
export function readOptionalText(value: unknown, claim: string, form: RegExp): string | undefined {
  return value === undefined ? undefined : readText(value, claim, form)
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
