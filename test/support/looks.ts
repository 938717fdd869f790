import type { BrowserContextOptions } from 'playwright-core'

/** How people look at pages: by day, by night, on a phone. */
export const LOOKS = {
  light: { viewport: { width: 1100, height: 900 } },
  dark: { viewport: { width: 1100, height: 900 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 780 } },
} as const satisfies Readonly<Record<string, BrowserContextOptions>>
