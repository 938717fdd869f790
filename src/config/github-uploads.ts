import { parseOrigin } from './origin.ts'
import type { OriginConfig } from './origin.ts'

const GITHUB_UPLOADS = parseOrigin('https://uploads.github.com')

/** Where release assets go: as configured, or GitHub's own place for GitHub's own API. */
export function githubUploads(origin: OriginConfig, configured: OriginConfig | undefined): OriginConfig | undefined {
  return configured ?? (origin.host === 'api.github.com' ? GITHUB_UPLOADS : undefined)
}
