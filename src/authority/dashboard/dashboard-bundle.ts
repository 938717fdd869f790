import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** One file of the dashboard, whole. */
export interface BundledFile {
  /** `/assets/dashboard-AAJLITGX.js`: with a hash of its content, so that what a browser keeps is never stale. */
  readonly path: string
  readonly type: string
  readonly content: Uint8Array<ArrayBuffer>
  /** Subresource integrity: `sha256-…`. */
  readonly integrity: string
}

/** The dashboard as it was built. */
export interface DashboardBundle {
  readonly script: BundledFile
  readonly style: BundledFile
  /** All, those two included. */
  readonly files: readonly BundledFile[]
}

const fileName = z.string().regex(/^[A-Za-z0-9_-]+\.(?:js|css)$/)
const manifestForm = z.strictObject({
  script: fileName, style: fileName,
  files: z.array(z.strictObject({ name: fileName, sha256: z.string().regex(/^[0-9a-f]{64}$/) })).min(2),
})
const TYPES = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' } as const

/**
 * Reads the built dashboard into memory, each file held against the build's own digest of it.
 * @throws Error in one sentence where it is not there, or is not what was built
 */
export function readDashboardBundle(directory: string): DashboardBundle {
  const manifest = manifestForm.parse(JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')))
  const files = manifest.files.map(({ name, sha256 }) => readBundled(directory, name, sha256))
  const named = (name: string): BundledFile => {
    const file = files.find(({ path }) => path === `/assets/${name}`)
    if (file === undefined) throw new Error(`the dashboard's build lists no ${name}: build it again`)
    return file
  }
  return { script: named(manifest.script), style: named(manifest.style), files }
}

function readBundled(directory: string, name: string, sha256: string): BundledFile {
  const content = Uint8Array.from(readFileSync(join(directory, name)))
  const digest = createHash('sha256').update(content).digest()
  if (digest.toString('hex') !== sha256) throw new Error(`${name} of the dashboard is not what was built: build it again`)
  return { path: `/assets/${name}`, type: name.endsWith('.js') ? TYPES.js : TYPES.css, content, integrity: `sha256-${digest.toString('base64')}` }
}
