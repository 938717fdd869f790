/** What the API answered in the place of what was asked for: problem details (RFC 9457), in words for the one who reads. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** Stable: `docs/errors.md` lists all; `unreachable` where no answer came. */
  readonly code: string
  readonly status: number
  /** What to do, where the answer said so. */
  readonly hint: string | undefined
  /** Of `input_refused`: each field that is wrong. */
  readonly fields: readonly { readonly field: string; readonly problem: string }[]
  readonly retryAfterMs: number | undefined

  constructor(told: { title: string; code: string; status: number; hint?: string | undefined; fields?: ApiError['fields'] | undefined; retryAfterMs?: number | undefined }) {
    super(told.title)
    this.code = told.code
    this.status = told.status
    this.hint = told.hint
    this.fields = told.fields ?? []
    this.retryAfterMs = told.retryAfterMs
  }
}

/** Reads a refusal; one that is none of ours (a proxy's page, a cut answer) is told by its status alone. */
export async function apiErrorOf(answer: Response): Promise<ApiError> {
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN)
  const told = await problemOf(answer)
  return new ApiError({
    title: textOf(told['title']) ?? `The server answered ${answer.status}.`,
    code: textOf(told['code']) ?? `http_${answer.status}`,
    status: answer.status,
    hint: textOf(told['detail']),
    fields: Array.isArray(told['errors']) ? told['errors'] as ApiError['fields'] : undefined,
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined,
  })
}

async function problemOf(answer: Response): Promise<Readonly<Record<string, unknown>>> {
  if (!(answer.headers.get('content-type') ?? '').startsWith('application/problem+json')) return {}
  try {
    const body: unknown = await answer.json()
    return typeof body === 'object' && body !== null ? body as Record<string, unknown> : {}
  } catch {
    return {}
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** What went wrong, whatever it was, in a form that can be shown. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  return new ApiError({ title: 'Something broke on this page.', code: 'page_broken', status: 0, hint: error instanceof Error ? error.message : undefined })
}
