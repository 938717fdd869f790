import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

/** What keeps people from using a page badly enough that it must not be shipped. */
const GRAVE: ReadonlySet<unknown> = new Set(['serious', 'critical'])

/**
 * What axe-core finds serious or critical on the page as it stands: `color-contrast: .muted (…)`, one a place. It is brought in by the
 * debugger, which no content security policy keeps out: the page is judged as it is served.
 */
export async function graveFindings(page: Page): Promise<readonly string[]> {
  // While something fades, its colours are none that it keeps.
  await page.evaluate('Promise.allSettled(document.getAnimations().map((animation) => animation.finished)).then(() => undefined)')
  await page.evaluate(`${axe.source}; undefined`)
  const { violations } = await page.evaluate<AxeResults>("axe.run(document, { resultTypes: ['violations'] })")
  return violations.filter(({ impact }) => GRAVE.has(impact))
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} (${failureSummary?.split('\n').at(-1)?.trim() ?? ''})`))
}
