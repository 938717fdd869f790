import type { Api } from '../api/client.ts'
import type { Me } from '../api/me.ts'
import type { Place } from './router.ts'

/** What every page is given. */
export interface PageProps {
  readonly api: Api
  readonly me: Me
  readonly place: Place
}
