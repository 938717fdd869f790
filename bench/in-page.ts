// What runs in the page while it is measured.

/** In the page: resolves when records and charts are drawn. Times are since the navigation began. */
export const OBSERVE_LOAD = `new Promise((resolve) => {
  let recordsMs
  const look = () => {
    if (recordsMs === undefined && document.querySelector('.tl-body .tl-time') !== null) recordsMs = performance.now()
    const charts = document.querySelectorAll('.chart canvas').length
    const paint = Object.fromEntries(performance.getEntriesByType('paint').map(({ name, startTime }) => [name, startTime]))
    if (recordsMs === undefined || charts < 2 || paint['first-contentful-paint'] === undefined) return requestAnimationFrame(look)
    const bytes = {}
    for (const { name, decodedBodySize } of performance.getEntriesByType('resource')) {
      const kind = /\\.js$/.test(name) ? (/\\/dashboard-/.test(name) ? 'script' : 'charts script') : /\\.css$/.test(name) ? 'styles' : /\\/v1\\/audit\\?/.test(name) ? 'first records' : undefined
      if (kind !== undefined) bytes[kind] = (bytes[kind] ?? 0) + decodedBodySize
    }
    resolve({ firstPaintMs: paint['first-paint'], contentfulMs: paint['first-contentful-paint'], recordsMs, chartsMs: performance.now(), bytes })
  }
  look()
})`

/** In the page: down to the oldest record, at so many lines a second; where the next part is not there yet, it waits at the end as a reader would. */
export const SCROLL = `(linesPerSecond) => new Promise((resolve) => {
  const grid = document.querySelector('.tl')
  const linePx = document.querySelector('.tl-body .tl-row').offsetHeight
  const framesMs = []
  const beganMs = performance.now()
  let [beforeMs, waitedFrames] = [beganMs, 0]
  const step = (nowMs) => {
    framesMs.push(nowMs - beforeMs)
    const view = grid.getBoundingClientRect()
    const waits = [...grid.querySelectorAll('.tl-waits')].some((row) => { const { top, bottom } = row.getBoundingClientRect(); return bottom > view.top && top < view.bottom })
    if (waits) waitedFrames += 1
    // By time, as a scroll does: a frame that comes late has farther to go.
    grid.scrollTop += Math.round(linesPerSecond * linePx * Math.min(nowMs - beforeMs, 100) / 1000)
    beforeMs = nowMs
    const atEnd = grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 1
    if (!atEnd || grid.getAttribute('aria-rowcount') === '-1') return requestAnimationFrame(step)
    resolve({ framesMs: framesMs.slice(1), lines: Number(grid.getAttribute('aria-rowcount')), seconds: (nowMs - beganMs) / 1000, waitedFrames })
  }
  requestAnimationFrame(step)
})`

/** In the page: to places far apart, where parts have to be read again; how long until the lines stand there. */
export const JUMP = `async () => {
  const grid = document.querySelector('.tl')
  const frame = () => new Promise(requestAnimationFrame)
  const times = []
  for (const share of [0.5, 0.05, 0.9, 0.3, 0.7, 0.15, 0.6, 0.4, 0.8, 0.2]) {
    const beganMs = performance.now()
    grid.scrollTop = share * grid.scrollHeight
    await frame()
    await frame()
    while (grid.querySelector('.tl-waits') !== null) await frame()
    times.push(performance.now() - beganMs)
  }
  return times
}`
