import type { Locator, Page } from 'playwright-core'

/** The timeline. */
export const grid = (page: Page): Locator => page.getByRole('grid', { name: /^Audit records/ })
/** Lines of it with this text. */
export const row = (page: Page, text: string | RegExp): Locator => grid(page).getByRole('row').filter({ hasText: text })

/** The texts of the lines that are drawn, top to bottom, with their numbers. */
export async function lines(page: Page): Promise<readonly { index: number; text: string }[]> {
  const drawn = await grid(page).locator('.tl-body [role=row]').evaluateAll((rows) => rows.map((element) => ({ index: Number(element.getAttribute('aria-rowindex')), text: element.textContent })))
  return drawn.toSorted((a, b) => a.index - b.index)
}

/** Waits for the first records. */
export async function shown(page: Page): Promise<void> {
  await grid(page).locator('.tl-time').first().waitFor()
}

/** Waits until it follows what is written. */
export async function live(page: Page): Promise<void> {
  await page.getByText('Live', { exact: true }).waitFor()
}

/** The steps of a record's proof, each with its finding. */
export async function steps(page: Page): Promise<readonly string[]> {
  return page.locator('.proof-step').evaluateAll((all) => all.map((step) => `${step.querySelector('h3')?.textContent ?? ''} ${step.querySelector('.badge')?.textContent ?? ''}`))
}

/** What a page has and Node has not. */
type Styles = { getComputedStyle(element: unknown): { readonly backgroundColor: string } }

/** The colour on which it stands. */
export async function groundOf(element: Locator): Promise<string> {
  return element.evaluate((given) => (globalThis as unknown as Styles).getComputedStyle(given).backgroundColor)
}
