/** Lines that are drawn although they are not in view, so that a fast hand sees no gap. */
const OVERSCAN = 16
/** The range moves on by so many at once: fewer drawings for the same scrolling. */
const STEP = 4

export interface Range {
  readonly first: number
  /** The one after the last. */
  readonly end: number
}

/** Which lines of a list are drawn. Pure. */
export function visibleRange(view: { readonly topPx: number; readonly heightPx: number; readonly linePx: number; readonly count: number }): Range {
  const { topPx, heightPx, linePx, count } = view
  const at = Math.max(0, Math.floor(topPx / linePx / STEP) * STEP)
  const size = poolSize(heightPx, linePx)
  const first = Math.max(0, Math.min(at - OVERSCAN, count - size))
  return { first, end: Math.min(count, first + size) }
}

/** How many line elements there are at most: line `n` is drawn by element `n % poolSize`. Pure. */
export function poolSize(heightPx: number, linePx: number): number {
  return Math.ceil(heightPx / linePx) + STEP + 2 * OVERSCAN
}

/** Where a list is scrolled to so that a line is wholly in view: where it is, if it is. Pure. */
export function scrolledTo(index: number, view: { readonly topPx: number; readonly heightPx: number; readonly linePx: number }): number {
  const { topPx, heightPx, linePx } = view
  if (index * linePx < topPx) return index * linePx
  return (index + 1) * linePx > topPx + heightPx ? (index + 1) * linePx - heightPx : topPx
}
