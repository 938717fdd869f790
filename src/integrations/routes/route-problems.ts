import { PathTrie } from '../matching/path-trie.ts'
import { describeRoute } from './described-route.ts'
import type { RouteOptions } from './route-options.ts'

/** One route that cannot be right. */
export interface RouteProblem {
  /** Its place in the list, from 0. */
  readonly at: number
  readonly problem: string
}

/** Finds everything that is wrong in a list of routes, so that whoever wrote it sees all of it at once. Pure. */
export function routeProblems(routes: readonly RouteOptions[]): readonly RouteProblem[] {
  const trie = new PathTrie<RouteOptions>()
  return routes.flatMap((options, at) => {
    try {
      const { method, template } = describeRoute(options)
      trie.add(method, template, options)
      return []
    } catch (thrown) {
      if (!(thrown instanceof TypeError)) throw thrown
      return [{ at, problem: thrown.message }]
    }
  })
}
