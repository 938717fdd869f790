/** What is asked of the explain form, as typed. */
export interface Question {
  readonly agent: string
  readonly request: string
  readonly person: string
  readonly body: string
}

/** The question that an address asks. Pure. */
export function questionOf(query: URLSearchParams): Question {
  const text = (name: string): string => query.get(name) ?? ''
  return { agent: text('agent'), request: text('request'), person: text('person'), body: '' }
}

/** The body as JSON; nothing typed is none. Pure. */
export function readBody(text: string): { readonly value: object | undefined; readonly problem: string | undefined } {
  if (text.trim() === '') return { value: undefined, problem: undefined }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { value, problem: undefined }
    return { value: undefined, problem: 'It is a JSON object: { … }.' }
  } catch {
    return { value: undefined, problem: 'It is not JSON.' }
  }
}
