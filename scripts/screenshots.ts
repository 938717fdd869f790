/**
 * Makes the pictures in `docs/screenshots/`: the real product with its demo upstreams, in a real Chromium.
 *
 *   node scripts/screenshots.ts [directory]
 */
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { root } from '../test/house/source-tree.ts'
import { startAuthorityWorld } from '../test/support/authority-world.ts'
import { launchChromium, openTab } from '../test/support/chromium.ts'
import { PICTURES, setScene, type Picture, type Scene } from '../test/support/scene.ts'

const LOOKS = {
  light: { viewport: { width: 1080, height: 760 } },
  dark: { viewport: { width: 1080, height: 760 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 780 } },
} as const satisfies Readonly<Record<string, BrowserContextOptions>>
async function take(browser: Browser, scene: Scene, { name, looks, who, open }: Picture, directory: string): Promise<number> {
  let bytes = 0
  for (const look of looks) {
    const profile = who === undefined ? undefined : scene.profiles.get(who)
    const { page } = await openTab(browser, { javaScriptEnabled: true, ...LOOKS[look], ...(profile !== undefined && { storageState: profile }) })
    await open(page, scene)
    const file = join(directory, `${name}-${look}.png`)
    await wholePage(page, file)
    bytes += (await stat(file)).size
    await page.context().close()
  }
  return bytes
}

/** As tall as the page: what sticks to the window's edge then stands at the page's. */
async function wholePage(page: Page, file: string): Promise<void> {
  const { width, height } = page.viewportSize() ?? { width: 1080, height: 760 }
  const needed = await page.locator('body').evaluate((element) => Math.ceil(element.lastElementChild?.getBoundingClientRect().bottom ?? 0))
  const content = await page.locator('main').evaluate((element) => Math.ceil((element.lastElementChild?.getBoundingClientRect().bottom ?? 0) + 48))
  await page.setViewportSize({ width, height: needed > height ? needed : Math.max(content, 420) })
  await page.screenshot({ path: file })
}

const directory = process.argv[2] ?? join(root, 'docs', 'screenshots')
await mkdir(directory, { recursive: true })
const world = await startAuthorityWorld()
const browser = await launchChromium(world)
try {
  const scene = await setScene(world, browser)
  let bytes = 0
  for (const picture of PICTURES) bytes += await take(browser, scene, picture, directory)
  process.stdout.write(`${Math.round(bytes / 1024)} KiB in ${directory}\n`)
} finally {
  await browser.close()
  await world.close()
}
