import type { FuzzTarget } from './fuzz-target.ts'

/** By name, each loaded when it is asked for: coverage has to begin before. */
export const TARGETS: Readonly<Record<string, () => Promise<FuzzTarget>>> = {
  headers: async () => (await import('./headers-target.ts')).headersTarget,
  canonicaliser: async () => (await import('./canonicaliser-target.ts')).canonicaliserTarget,
  'http2-head': async () => (await import('./http2-head-target.ts')).http2HeadTarget,
  matcher: async () => (await import('./matcher-target.ts')).matcherTarget,
  scrubber: async () => (await import('./scrubber-target.ts')).scrubberTarget,
  answers: async () => (await import('./answers-target.ts')).answersTarget,
}
