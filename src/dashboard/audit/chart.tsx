import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ChartSpec } from './chart-spec.ts'
import type { DrawnChart } from './draw-chart.ts'
import { clockText } from './moment-text.ts'

export interface ChartProps {
  readonly spec: ChartSpec
  /** What it shows, for those who do not see it. */
  readonly summary: string
  onSelect(fromMs: number, untilMs: number): void
}

const HEIGHT_PX = 136

/** One chart with its legend, which tells the values of the part that is pointed at. */
export function Chart({ spec, summary, onSelect }: ChartProps): JSX.Element {
  const [at, setAt] = useState<number>()
  const { place, isBroken } = useDrawing(spec, setAt, onSelect)
  const time = at === undefined ? undefined : spec.timesS[at]
  return <figure class="chart">
    <figcaption class="chart-head">
      <span class="label">{spec.title}</span>
      <ul class="chart-legend">{spec.lines.map((line) => {
        const value = at === undefined ? undefined : line.values[at]
        return <li key={line.name}><span class={`chart-key chart-key-${line.form}`} style={{ color: `var(${line.colour})` }} aria-hidden="true" />{line.name}{value !== undefined && value !== null && <b> {spec.text(value)}</b>}</li>
      })}</ul>
      <span class="small muted chart-time">{time === undefined ? '' : clockText(new Date(time * 1000).toISOString())}</span>
    </figcaption>
    <div ref={place} class="chart-place" role="img" aria-label={summary} />
    {isBroken && <p class="small muted">The chart could not be loaded; the table has the same figures.</p>}
  </figure>
}

/** Draws once the drawing code is here, and anew when dark becomes light; other values and another width are put into the same drawing. */
function useDrawing(spec: ChartSpec, onPoint: (index: number | undefined) => void, onSelect: ChartProps['onSelect']) {
  const place = useRef<HTMLDivElement>(null)
  const drawn = useRef<DrawnChart | undefined>(undefined)
  const latest = useRef({ spec, onSelect })
  latest.current = { spec, onSelect }
  const [isBroken, setBroken] = useState(false)
  const scheme = useScheme()
  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    let isGone = false
    const sizes = new ResizeObserver(() => { drawn.current?.resize(element.clientWidth) })
    import('./draw-chart.ts').then(({ drawChart }) => {
      if (isGone) return
      const select = (fromMs: number, untilMs: number): void => { latest.current.onSelect(fromMs, untilMs) }
      drawn.current = drawChart({ place: element, spec: latest.current.spec, heightPx: HEIGHT_PX, onPoint, onSelect: select })
      sizes.observe(element)
    }).catch(() => { setBroken(true) })
    return () => {
      isGone = true
      sizes.disconnect()
      drawn.current?.remove()
      drawn.current = undefined
    }
  }, [scheme])
  useEffect(() => { drawn.current?.show(spec) }, [spec])
  return { place, isBroken }
}

function useScheme(): 'dark' | 'light' {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const [isDark, setDark] = useState(dark.matches)
  useEffect(() => {
    const look = (): void => { setDark(dark.matches) }
    dark.addEventListener('change', look)
    return () => { dark.removeEventListener('change', look) }
  }, [])
  return isDark ? 'dark' : 'light'
}
