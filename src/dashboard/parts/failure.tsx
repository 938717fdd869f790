import type { JSX } from 'preact'
import type { ApiError } from '../api/api-error.ts'
import { Notice } from './notice.tsx'

/** Why something is not shown or was not done, and how to try again. */
export function Failure({ error, retry }: { readonly error: ApiError; readonly retry?: (() => void) | undefined }): JSX.Element {
  return <Notice tone="bad" title={error.message}>
    {error.hint !== undefined && <p>{error.hint}</p>}
    {error.fields.length > 0 && <ul>{error.fields.map(({ field, problem }) => <li key={field}><code>{field}</code>: {problem}</li>)}</ul>}
    <p class="small muted"><code>{error.code}</code></p>
    {retry !== undefined && <p><button type="button" class="button-small" onClick={retry}>Try again</button></p>}
  </Notice>
}
