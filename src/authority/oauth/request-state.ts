import type { ConsentDetail } from '../../model/principal.ts'
import type { Granted } from '../delegations/contract.ts'

/** Where a refresh has got to. */
export type RefreshStep =
  /** This request consumed the shown token, and stores its successor. */
  | { readonly kind: 'rotates', readonly predecessor: string, readonly holder: string }
  /** Another request did: this one is answered with the same successor. */
  | { readonly kind: 'repeats', readonly successor: string }

/** What we keep beside the library's own state for as long as one request runs. */
export interface RequestState {
  /** The delegation and its session, as they stood when this request looked. */
  granted?: Granted | undefined
  personName?: string | undefined
  /** What the token to be issued may say. */
  consent?: readonly ConsentDetail[] | undefined
  /** A narrower scope that a refresh asks for; judged by us, not by the library. */
  wantedScope?: string | undefined
  refresh?: RefreshStep | undefined
  /** What broke, where something did. */
  failure?: unknown
  /** The name of the browser that is asked, given to it with this answer where it is new. */
  browser?: { readonly secret: string, readonly setCookie: string | undefined } | undefined
}

const states = new WeakMap<object, RequestState>()

/** The state of one request. @param context the library's context object of the request */
export function stateOf(context: object): RequestState {
  const known = states.get(context)
  if (known !== undefined) return known
  const fresh: RequestState = {}
  states.set(context, fresh)
  return fresh
}
