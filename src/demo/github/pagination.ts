import type { Call, Reply } from '../server/call.ts'
import { resource, validationFailed } from './replies.ts'

const DEFAULT_PER_PAGE = 30
const MAX_PER_PAGE = 100

/** One page of a list, with the `Link` header that leads to the others (RFC 8288). */
export function page<T>(
  call: Call,
  items: readonly T[],
  render: (item: T) => unknown,
  wrap: (rendered: readonly unknown[]) => unknown = (all) => all,
): Reply {
  const perPage = positive(call.query.get('per_page'), DEFAULT_PER_PAGE)
  const number = positive(call.query.get('page'), 1)
  if (perPage === undefined || number === undefined) return validationFailed({ resource: 'List', field: 'page', code: 'invalid' })
  const size = Math.min(perPage, MAX_PER_PAGE)
  const last = Math.max(1, Math.ceil(items.length / size))
  const shown = items.slice((number - 1) * size, number * size).map(render)
  const link = linkHeader(call, number, last)
  return resource(call, wrap(shown), link === '' ? {} : { link })
}

function positive(text: string | null, fallback: number): number | undefined {
  if (text === null) return fallback
  return /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : undefined
}

function linkHeader(call: Call, number: number, last: number): string {
  const relations: readonly (readonly [string, number, boolean])[] = [
    ['prev', number - 1, number > 1],
    ['next', number + 1, number < last],
    ['last', last, number < last],
    ['first', 1, number > 1],
  ]
  return relations.flatMap(([name, target, shown]) => (shown ? [`<${pageUrl(call, target)}>; rel="${name}"`] : [])).join(', ')
}

/** Only what pages a list goes into the link: a client's other arguments are not given back. */
function pageUrl(call: Call, target: number): string {
  const kept = ['per_page', 'state', 'sort', 'direction', 'labels'].flatMap((name) => {
    const value = call.query.get(name)
    return value === null ? [] : [[name, value] as [string, string]]
  })
  return `${call.origin}${call.path}?${new URLSearchParams([...kept, ['page', String(target)]])}`
}
