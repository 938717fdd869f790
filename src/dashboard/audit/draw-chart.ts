import uPlot from 'uplot'
import type { ChartLine, ChartSpec } from './chart-spec.ts'

/** A chart that is on the page. */
export interface DrawnChart {
  /** Shows other values of the same lines. */
  show(spec: ChartSpec): void
  resize(widthPx: number): void
  remove(): void
}

export interface DrawOptions {
  readonly place: HTMLElement
  readonly spec: ChartSpec
  readonly heightPx: number
  /** Told of the part that is pointed at; undefined where none is. */
  onPoint(index: number | undefined): void
  /** Told of a span that was drawn over, in milliseconds. */
  onSelect(fromMs: number, untilMs: number): void
}

/** A drag that is shorter was a click. */
const SHORTEST_DRAG_PX = 6

/** Draws a chart in the colours that the stylesheet has now. Loaded when it is needed: the page does not wait for it. */
export function drawChart({ place, spec, heightPx, onPoint, onSelect }: DrawOptions): DrawnChart {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  const axis = { font: `12px ${style.fontFamily}`, stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } }
  const chart = new uPlot({
    width: Math.max(place.clientWidth, 100), height: heightPx,
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
    scales: { x: { time: true, range: withWholeBars }, y: { range: (_chart, _min, max) => [0, Math.max(max ?? 0, 1) * 1.1] } },
    padding: [8, 8, 0, 0],
    axes: [{ ...axis, size: 26, space: 70, values: TIME_VALUES }, { ...axis, size: 52, space: 32, values: (_chart, ticks) => ticks.map((tick) => (Number.isInteger(tick) || spec.title !== 'Calls' ? spec.text(tick) : '')) }],
    series: [{}, ...spec.lines.map((line) => lineOptions(line, colour))],
    hooks: {
      setCursor: [({ cursor }) => { onPoint(cursor.idx ?? undefined) }],
      setSelect: [(drawn) => { tellSelected(drawn, onSelect) }],
    },
  }, dataOf(spec), place)
  return {
    show: (next) => { chart.setData(dataOf(next)) },
    resize: (widthPx) => { chart.setSize({ width: Math.max(widthPx, 100), height: heightPx }) },
    remove: () => { chart.destroy() },
  }
}

/** Clock times with the day where it changes, as everywhere in the dashboard. */
const TIME_VALUES: uPlot.Axis.Values = (_chart, ticks) => ticks.map((tick) => {
  const moment = new Date(tick * 1000)
  return (moment.getHours() === 0 && moment.getMinutes() === 0 ? DAY : CLOCK).format(moment)
})
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

function lineOptions({ name, colour: variable, form }: ChartLine, colour: (name: string) => string): uPlot.Series {
  const shared = { label: name, stroke: colour(variable), width: 2, points: { size: 5, show: true, filter: loneOnes } }
  if (form === 'dashes') return { ...shared, dash: [5, 4] }
  if (form === 'line' || uPlot.paths.bars === undefined) return shared
  return { ...shared, width: 1, fill: colour('--accent-soft'), points: { show: false }, paths: uPlot.paths.bars({ size: [0.85, 40] }) }
}

/** Of a line only values that have none beside them: a line of one point is nothing to see. */
const loneOnes: uPlot.Series.Points.Filter = (chart, index) => {
  const values = chart.data[index] ?? []
  const isGap = (at: number): boolean => values[at] === null || values[at] === undefined
  return [...values.keys()].filter((at) => !isGap(at) && isGap(at - 1) && isGap(at + 1))
}

/** Bars stand in the middle of their part: the first and the last one, too, are shown whole. */
const withWholeBars: uPlot.Scale.Range = (chart, from, until) => {
  const [first, second] = chart.data[0]
  const half = first === undefined || second === undefined ? 0 : (second - first) / 2
  return [from - half, until + half]
}

function dataOf({ timesS, lines }: ChartSpec): uPlot.AlignedData {
  return [[...timesS], ...lines.map(({ values }) => [...values])]
}

function tellSelected(chart: uPlot, onSelect: DrawOptions['onSelect']): void {
  const { left, width } = chart.select
  if (width < SHORTEST_DRAG_PX) return
  onSelect(chart.posToVal(left, 'x') * 1000, chart.posToVal(left + width, 'x') * 1000)
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
}
