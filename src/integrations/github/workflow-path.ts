import { percentDecoded } from '../matching/parameter.ts'

const FOLDER = '.github/workflows'

/**
 * Whether the `{path}` of a contents operation lies in `.github/workflows`, in any reading of its encodings.
 * @param raw as it stood in the path; already judged, so that a few decodings reach its end
 */
export function isWorkflowPath(raw: string): boolean {
  let text: string | undefined = raw
  let before: string | undefined
  while (text !== undefined && text !== before) {
    const plain = text.toLowerCase().replace(/^\/+/, '')
    if (plain === FOLDER || plain.startsWith(`${FOLDER}/`)) return true
    before = text
    text = percentDecoded(text)
  }
  return text === undefined
}
