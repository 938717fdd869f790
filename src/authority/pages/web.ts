import type { HttpBindings } from '@hono/node-server'
import type { Context, Hono, MiddlewareHandler } from 'hono'
import type { PageAccount } from './layout.ts'
import type { Markup } from './markup.ts'
import { errorPage } from './error-page.ts'
import { fromOwnPage } from './same-origin.ts'
import { securityHeaders, type SecurityHeadersOptions } from './security-headers.ts'

/** Every area is served by Node, so that what Node's own request says can be read. */
export interface WebEnv {
  Bindings: HttpBindings
}

export type WebContext = Context<WebEnv>
export type WebApp = Hono<WebEnv>

/** Puts the headers of pages on every answer of an area, errors too. */
export function withPageHeaders(options: SecurityHeadersOptions): MiddlewareHandler<WebEnv> {
  const headers = Object.entries(securityHeaders(options))
  return async (c, next) => {
    await next()
    for (const [name, value] of headers) c.res.headers.set(name, value)
  }
}

/** Answers what was thrown with a page that says nothing of it. */
export function whatBroke(report: (error: unknown) => void): (error: Error, c: WebContext) => Response | Promise<Response> {
  return (error, c) => {
    report(error)
    return c.html(errorPage({
      title: 'This did not work',
      text: 'Something is not available at the moment. Nothing was approved or changed by this attempt as far as we can tell; please look again in a minute.',
      next: [{ href: '/', label: 'Go to the start' }],
    }), 503)
  }
}

/** Whether a POST comes from a page of ours. */
export function sentByOwnPage(c: WebContext, ownOrigin: string): boolean {
  return fromOwnPage({ origin: c.req.header('origin'), secFetchSite: c.req.header('sec-fetch-site') }, ownOrigin)
}

/** A form that another site sent, or that a page of an earlier sign-in sent: nothing is done. */
export function refusedForm(c: WebContext, backTo: string, account?: PageAccount): Response | Promise<Response> {
  return c.html(refusedFormPage(backTo, account), 403)
}

function refusedFormPage(backTo: string, account: PageAccount | undefined): Markup {
  return errorPage({
    title: 'That page was out of date',
    text: 'It belonged to another sign-in, or it was sent by another site. Nothing was done. Look at it again and decide then.',
    next: [{ href: backTo, label: 'Look at it again' }],
    account,
  })
}
