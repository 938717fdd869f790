import type { Origin } from '../integration.ts'

/** An address at Slack, whatever path its Web API is served under. */
export function slackUrl(origin: Origin, path: string): string {
  return new URL(path, `${origin.scheme}://${origin.host}:${origin.port}`).href
}
