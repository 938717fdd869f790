import { useEffect, useState } from 'preact/hooks'

/** Where the reader is: path and query, as in the address bar. */
export interface Place {
  readonly path: string
  readonly query: URLSearchParams
}

const CHANGED = 'postern:place'

/** The place now; whoever calls it is drawn again when it changes. */
export function usePlace(): Place {
  const [href, setHref] = useState(location.pathname + location.search)
  useEffect(() => {
    const look = (): void => { setHref(location.pathname + location.search) }
    addEventListener('popstate', look)
    addEventListener(CHANGED, look)
    return () => { removeEventListener('popstate', look); removeEventListener(CHANGED, look) }
  }, [])
  const [path = '/', search] = href.split('?', 2)
  return { path, query: new URLSearchParams(search) }
}

/** Goes to a place of the dashboard. With `replace` the back button does not lead to the one before: for filters while they are typed. */
export function go(href: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  if (replace) history.replaceState(null, '', href)
  else history.pushState(null, '', href)
  dispatchEvent(new Event(CHANGED))
}

/**
 * What `:name` stands for in a path that has this form; undefined where it has another. Pure.
 * @param form `/agents/:name`
 */
export function matchPath(form: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = form.split('/')
  const parts = path.split('/')
  if (wanted.length !== parts.length) return undefined
  const found: Record<string, string> = {}
  for (const [at, part] of wanted.entries()) {
    const given = parts[at] ?? ''
    if (part.startsWith(':')) found[part.slice(1)] = decoded(given)
    else if (part !== given) return undefined
  }
  return found
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
