import { Hono } from 'hono'
import type { BrowserSessions } from '../people/contract.ts'
import { signedIn } from '../pages/signed-in.ts'
import { whatBroke, withPageHeaders, type WebApp, type WebEnv } from '../pages/web.ts'
import type { DashboardBundle } from './dashboard-bundle.ts'
import { shellPage } from './shell-page.ts'

export interface DashboardRoutesDeps {
  /** The authority's own origin. */
  readonly url: string
  readonly sessions: Pick<BrowserSessions, 'current'>
  readonly bundle: DashboardBundle
  /** Told of what broke. */
  report(error: unknown): void
}

/** Where the dashboard's own code knows a page: `src/dashboard/app/pages.tsx`. */
const PLACES = ['/', '/connections', '/agents', '/agents/:name', '/audit', '/audit/:chain/:seq', '/policy']

/** The dashboard: one page for all its places, and the files that it is made of. Everything that it shows it gets from `/v1`. */
export function dashboardRoutes({ url, sessions, bundle, report }: DashboardRoutesDeps): WebApp {
  const app = new Hono<WebEnv>()
  const headers = withPageHeaders({ https: url.startsWith('https:'), runs: true })
  const shell = shellPage(bundle)
  app.onError(whatBroke((error) => report(error)))
  for (const place of PLACES) app.get(place, headers, (c) => signedIn(c, sessions, () => c.html(shell)))
  for (const { path, type, content } of bundle.files) {
    app.get(path, (c) => c.body(content, 200, {
      'Content-Type': type, 'Cache-Control': 'public, max-age=31536000, immutable', 'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Resource-Policy': 'same-origin', 'Content-Security-Policy': "default-src 'none'",
    }))
  }
  return app
}
