import { createHash } from 'node:crypto'
import { Hono } from 'hono'
import { COMPONENTS } from './style/components.ts'
import { CONSENT } from './style/consent.ts'
import { FOUNDATION } from './style/foundation.ts'
import { MARK_FILE } from './icons.ts'

interface Asset {
  /** With a hash of the content in its name: what a browser keeps is never stale. */
  readonly path: string
  readonly type: string
  readonly content: string
}

/** The one stylesheet of all pages. */
export const STYLESHEET: Asset = asset('postern', 'css', 'text/css; charset=utf-8', `${FOUNDATION}${COMPONENTS}${CONSENT}`.trim())
/** What browsers show beside the title. */
export const FAVICON: Asset = asset('mark', 'svg', 'image/svg+xml', MARK_FILE)

function asset(name: string, extension: string, type: string, content: string): Asset {
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 16)
  return { path: `/assets/${name}-${hash}.${extension}`, type, content }
}

/** Serves what pages refer to; immutable, public, the same for everybody. */
export function assetsRoutes(): Hono {
  const app = new Hono()
  for (const { path, type, content } of [STYLESHEET, FAVICON]) {
    app.get(path, (c) => c.body(content, 200, {
      'Content-Type': type, 'Cache-Control': 'public, max-age=31536000, immutable', 'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Resource-Policy': 'same-origin', 'Content-Security-Policy': "default-src 'none'",
    }))
  }
  return app
}
