/** A body that was rewritten is no longer of this length, or what these were computed over. */
const OF_THE_BODY: ReadonlySet<string> = new Set(['content-length', 'content-md5', 'content-digest', 'repr-digest', 'digest', 'etag'])

/** The header of an answer whose body is rewritten. @param contentLength undefined where the body is streamed */
export function rewrittenFields(fields: readonly string[], contentLength: number | undefined): string[] {
  const rewritten = contentLength === undefined ? [] : ['content-length', String(contentLength)]
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [name = '', value = ''] = [fields[at], fields[at + 1]]
    if (!OF_THE_BODY.has(name.toLowerCase())) rewritten.push(name, value)
  }
  return rewritten
}
