/**
 * The audit's timeline over 100,000 records: the real product, its own log and index, in a real Chromium without a graphics card.
 *
 *   npm run bench:dashboard           writes bench/dashboard-results.json
 *   npm run bench:dashboard --quick   10,000 records, prints only
 */
import { writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { bundleDashboard } from '../scripts/dashboard-bundle.ts'
import { root } from '../test/house/source-tree.ts'
import { ShiftedClock, writeHistory } from '../test/support/audit-history.ts'
import { startAuthorityWorld, type AuthorityWorld } from '../test/support/authority-world.ts'
import { launchChromium, openTab, signIn } from '../test/support/chromium.ts'
import { frameFigures, median, round } from './frame-figures.ts'
import { JUMP, OBSERVE_LOAD, SCROLL } from './in-page.ts'

const quick = process.argv.includes('--quick')
const RECORDS = quick ? 10_000 : 100_000
const LOADS = quick ? 2 : 7
const OVER_MS = 30 * 86_400_000
/** A hand that flings: so many lines a second, until the oldest record. */
const LINES_PER_SECOND = 600
const VIEWPORT = { width: 1280, height: 900 }

await bundleDashboard(root, join(root, 'dist', 'dashboard'))
const clock = new ShiftedClock()
const world = await startAuthorityWorld({ clock, auditMode: 'relaxed' })
const browser = await launchChromium(world)
try {
  await writeHistory({ audit: world.service.audit, clock, records: RECORDS, overMs: OVER_MS })
  const page = await signedIn(browser, world)
  await untilIndexed(page, world)
  const loads = await firstPaints(page, world)
  const scroll = await scrolled(page, world)
  // Others' work on the same machine falls on the frames: how much there was is told with them.
  const machine = { cores: availableParallelism(), loadAverage: loadavg().map((load) => round(load)) }
  const results = { machine, records: RECORDS, viewport: VIEWPORT, chromium: browser.version(), loads, scroll }
  console.log(JSON.stringify(results, null, 2))
  if (!quick) writeFileSync(join(import.meta.dirname, 'dashboard-results.json'), `${JSON.stringify(results, null, 2)}\n`)
} finally {
  await browser.close()
  await world.close()
}

async function signedIn(browser: Browser, { url }: AuthorityWorld): Promise<Page> {
  const { page } = await openTab(browser, { javaScriptEnabled: true, viewport: VIEWPORT })
  await page.goto(`${url}/login`)
  await signIn(page, 'olga')
  return page
}

/** The copy that is searched is behind the log; the figures are over all of it. */
async function untilIndexed(page: Page, { url, service }: AuthorityWorld): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const answer = await page.request.get(`${url}/v1/audit?limit=1`)
    const { items: [newest] } = await answer.json() as { items: { seq: number }[] }
    if ((newest?.seq ?? 0) > RECORDS && (newest?.seq ?? 0) >= service.audit.stats().lastSeq - 50) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  throw new Error('the index did not keep up')
}

/** Opening the timeline: paints, and when the first records stand there; and what came over the wire for it. */
async function firstPaints(page: Page, { url }: AuthorityWorld) {
  const loads: Load[] = []
  for (let load = 0; load < LOADS; load += 1) {
    await page.goto('about:blank')
    await page.goto(`${url}/audit`, { waitUntil: 'commit' })
    loads.push(await page.evaluate<Load>(OBSERVE_LOAD))
  }
  const pick = (of: (load: Load) => number): number => round(median(loads.map(of)))
  return {
    loads: LOADS, firstPaintMs: pick(({ firstPaintMs }) => firstPaintMs), firstContentfulPaintMs: pick(({ contentfulMs }) => contentfulMs),
    recordsVisibleMs: pick(({ recordsMs }) => recordsMs), chartsDrawnMs: pick(({ chartsMs }) => chartsMs),
    bytes: loads[0]?.bytes,
  }
}

interface Load {
  readonly firstPaintMs: number
  readonly contentfulMs: number
  readonly recordsMs: number
  readonly chartsMs: number
  /** Of the first visit: bodies as they came. */
  readonly bytes: Readonly<Record<string, number>>
}

/** Scrolls through all records at one speed, then by thumb to places far apart, and tells each frame's time and the heap. */
async function scrolled(page: Page, { url }: AuthorityWorld) {
  await page.goto(`${url}/audit`)
  await page.locator('.tl-body .tl-time').first().waitFor()
  const devtools = await page.context().newCDPSession(page)
  const heapMb = async (): Promise<number> => {
    await devtools.send('HeapProfiler.collectGarbage')
    const { usedSize } = await devtools.send('Runtime.getHeapUsage')
    return round(usedSize / 1024 / 1024)
  }
  const heapBeforeMb = await heapMb()
  const before = await busyS(devtools)
  const through = await page.evaluate<Frames>(`(${SCROLL})(${LINES_PER_SECOND})`)
  const after = await busyS(devtools)
  const perFrame = (name: string): number => round(((after[name] ?? Number.NaN) - (before[name] ?? Number.NaN)) * 1000 / through.framesMs.length, 2)
  const heapAfterMb = await heapMb()
  const elements = await page.evaluate<number>("document.querySelectorAll('*').length")
  const jumps = await page.evaluate<number[]>(`(${JUMP})()`)
  return {
    linesPerSecond: LINES_PER_SECOND, lines: through.lines, seconds: round(through.seconds), waitedFrames: through.waitedFrames, ...frameFigures(through.framesMs),
    perFrameMs: { all: perFrame('TaskDuration'), script: perFrame('ScriptDuration'), style: perFrame('RecalcStyleDuration'), layout: perFrame('LayoutDuration') },
    jumpMs: { median: round(median(jumps)), longest: round(Math.max(...jumps)) }, heapBeforeMb, heapAfterMb, elements,
  }
}

/** How long the page's thread was at work so far, by kind, in seconds. */
async function busyS(devtools: CDPSession): Promise<Readonly<Record<string, number>>> {
  await devtools.send('Performance.enable')
  const { metrics } = await devtools.send('Performance.getMetrics')
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]))
}

interface Frames {
  readonly framesMs: readonly number[]
  readonly lines: number
  readonly seconds: number
  /** In which a line in view had not been read yet. */
  readonly waitedFrames: number
}
