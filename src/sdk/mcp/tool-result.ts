/** A tool's result as both SDKs take it. */
export interface ToolResult {
  [member: string]: unknown
  content: { type: 'text'; text: string }[]
  isError: true
  structuredContent: { [member: string]: unknown; error: ToolError }
}

/** What a refused call tells the client's program, beside the words for its model. */
export interface ToolError {
  [member: string]: unknown
  /** One of `docs/errors.md`, or of this package. */
  code: string
  message: string
  /** Whether the same call may succeed later without anybody's doing. */
  retryable: boolean
  retryAfterMs?: number
  layer?: string
  rule?: string
  /** `dec_…`, under which the audit record has the whole reason. */
  decision?: string
  missingScopes?: readonly string[]
  /** The page where the person can mend it. */
  link?: string
}

/** The result that tells of an error; the link stands in the text, for clients that show no structured content. Pure. */
export function toolResultOf(error: ToolError): ToolResult {
  const text = error.link === undefined ? error.message : `${error.message}\nThe person can mend this here: ${error.link}`
  return { content: [{ type: 'text', text }], isError: true, structuredContent: { error } }
}
