import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Api } from '../api/client.ts'
import type { Me } from '../api/me.ts'
import { useResource } from '../api/use-resource.ts'
import { Failure } from '../parts/failure.tsx'
import { Loading } from '../parts/loading.tsx'
import { Frame } from './frame.tsx'
import { pageAt } from './pages.tsx'
import { usePlace } from './router.ts'

/** The whole dashboard: who is signed in, then the page of this place. */
export function App({ api }: { readonly api: Api }): JSX.Element {
  const place = usePlace()
  const me = useResource('me', async (signal) => {
    const answer = await api.get<Me>('/v1/me', { signal })
    api.setCsrf(answer.csrf)
    return answer
  })
  const page = pageAt(place.path)
  useEffect(() => { document.title = `${page.title} · Postern` }, [page.title])
  if (me.value === undefined) return <main id="content" class="wide stack">{me.error === undefined ? <Loading what="the dashboard" /> : <Failure error={me.error} retry={me.reload} />}</main>
  return <Frame me={me.value} path={place.path}>{page.show({ api, me: me.value, place })}</Frame>
}
