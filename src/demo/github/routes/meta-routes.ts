import { eventStream } from '../../server/event-stream.ts'
import { resource } from '../replies.ts'
import { rateOf } from '../respond.ts'
import { openRoute, tokenRoute, type GithubRoute } from '../route.ts'

const STREAM_INTERVAL_MS = 100

/** Endpoints of no repository. `/demo/stream` is not GitHub's: an endless event stream, to see streams cut. */
export const metaRoutes: readonly GithubRoute[] = [
  openRoute('GET', '/zen', () => ({ status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'A door is also a wall.' })),
  openRoute('GET', '/rate_limit', (visit) => {
    const rate = rateOf(visit.caller, visit.world)
    return resource(visit.call, { resources: { core: { ...rate, resource: 'core' } }, rate })
  }),
  tokenRoute('GET', '/demo/stream', (visit) =>
    eventStream({
      intervalMs: STREAM_INTERVAL_MS,
      count: Number.POSITIVE_INFINITY,
      signal: visit.call.signal,
      event: (index) => JSON.stringify({ line: index, text: `step ${index} of a long build` }),
    }),
  ),
]
