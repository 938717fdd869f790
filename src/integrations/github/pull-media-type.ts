import type { HeaderList } from '../../http/request.ts'

const PULL = 'GET /repos/{owner}/{repo}/pulls/{pull_number}'
const WITH_CODE: readonly (readonly string[])[] = [['contents:read', 'pull_requests:read']]

/**
 * A pull request asked for as a diff or a patch is the repository's code: contents as well as pull_requests.
 * @returns the alternatives, or undefined where the media type makes no difference
 */
export function alternativesByMediaType(name: string, headers: HeaderList): readonly (readonly string[])[] | undefined {
  if (name !== PULL) return undefined
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (headers[at]?.toLowerCase() === 'accept' && /diff|patch/i.test(headers[at + 1] ?? '')) return WITH_CODE
  }
  return undefined
}
