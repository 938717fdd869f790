/** A JSON object's members, none of them checked. */
export type JsonObject = Readonly<Record<string, unknown>>

/** @returns the object, or undefined where the bytes are no JSON object in UTF-8 */
export function parseJsonObject(body: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The member where it is a string, else undefined. */
export function textOf(object: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : undefined
  return typeof value === 'string' ? value : undefined
}
