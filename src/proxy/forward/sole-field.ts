import { AnswerRefused } from './answer-refused.ts'

/**
 * The value of a field that may stand once.
 * @param name lower case
 * @throws AnswerRefused where it stands twice
 */
export function soleField(fields: readonly string[], name: string): string | undefined {
  let found: string | undefined
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (fields[at]?.toLowerCase() !== name) continue
    if (found !== undefined) throw new AnswerRefused(`the answer has ${name} twice`)
    found = fields[at + 1]
  }
  return found
}
