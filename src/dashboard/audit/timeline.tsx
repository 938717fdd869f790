import type { JSX } from 'preact'
import { useCallback, useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks'
import { lineAfterKey } from './key-moves.ts'
import type { RecordList } from './record-list.ts'
import type { Entry } from './record-source.ts'
import { TimelineRow } from './timeline-row.tsx'
import { useLineHeight } from './use-line-height.ts'
import { poolSize, scrolledTo, visibleRange, type Range } from './visible-range.ts'

/** Where a reader was in the list. */
export interface ListPlace {
  readonly topPx: number
  readonly active: number
}

export interface TimelineProps {
  readonly list: RecordList
  /** Where to begin: at the top, or where the reader was. */
  readonly start: ListPlace
  /** Whether the reader was in it, or asked for it just now. */
  readonly takesFocus: boolean
  /** Kept up to date, for whoever comes back. */
  onPlace(place: ListPlace): void
  onOpen(entry: Entry, event: MouseEvent | KeyboardEvent): void
}

/**
 * The lines of a list, of which only those in view are elements. One stop for the keyboard: the arrows move a mark, Enter opens what it is on;
 * `aria-rowindex` tells readers of the screen where a line stands among all.
 */
export function Timeline({ list, start, takesFocus, onPlace, onOpen }: TimelineProps): JSX.Element {
  const linePx = useLineHeight()
  const scroller = useRef<HTMLDivElement>(null)
  const head = useRef<HTMLDivElement>(null)
  const [active, setActive] = useActive(list, start.active)
  const { range, heightPx, look } = useRange(list, scroller, head, linePx)
  const pool = poolSize(heightPx, linePx)

  useLayoutEffect(() => {
    if (scroller.current !== null) scroller.current.scrollTop = start.topPx
    if (takesFocus) scroller.current?.focus({ preventScroll: true })
    look()
  }, [list])
  useEffect(() => { onPlace({ topPx: scroller.current?.scrollTop ?? 0, active }) }, [active])

  const onScroll = (): void => {
    look()
    onPlace({ topPx: scroller.current?.scrollTop ?? 0, active })
  }
  const moveTo = (index: number): void => {
    setActive(index)
    const element = scroller.current
    if (element !== null) element.scrollTop = scrolledTo(index, { topPx: element.scrollTop, heightPx, linePx })
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const item = list.itemAt(active)
    if (event.key === 'Enter' && item?.kind === 'record') { event.preventDefault(); onOpen(item.entry, event); return }
    const to = lineAfterKey(event.key, active, { count: list.count, perPage: Math.max(1, Math.floor(heightPx / linePx) - 1) })
    if (to === undefined) return
    event.preventDefault()
    moveTo(recordNear(list, to, to < active))
  }
  const open = useCallback((entry: Entry, event: MouseEvent) => { onOpen(entry, event) }, [onOpen])

  return <div ref={scroller} class="tl" role="grid" tabIndex={0} aria-label="Audit records, newest first" aria-describedby="tl-keys" aria-rowcount={list.isComplete ? list.count + 1 : -1}
    aria-activedescendant={active >= range.first && active < range.end ? `tl-${active % pool}` : undefined} onScroll={onScroll} onKeyDown={onKeyDown}>
    <div ref={head} class="tl-head" role="rowgroup"><div class="tl-row" role="row" aria-rowindex={1}>
      {['Time', 'Event', 'What', 'Who', 'Outcome'].map((name) => <span key={name} role="columnheader">{name}</span>)}
    </div></div>
    <div class="tl-body" role="rowgroup" style={{ blockSize: `${list.count * linePx}px` }}>
      {Array.from({ length: range.end - range.first }, (_, nth) => range.first + nth).map((index) =>
        <TimelineRow key={index % pool} id={`tl-${index % pool}`} index={index} item={list.itemAt(index)} heightPx={linePx} isActive={index === active} onOpen={open} />)}
    </div>
    <p id="tl-keys" class="visually-hidden">Arrow keys, Page Up, Page Down, Home and End move; Enter opens a record.</p>
  </div>
}

/** Days are passed over. */
function recordNear(list: RecordList, index: number, isUpwards: boolean): number {
  if (list.itemAt(index)?.kind !== 'day') return index
  return isUpwards && index > 0 ? index - 1 : Math.min(index + 1, list.count - 1)
}

/** The line that the mark is on: it stays on its record when others come in above. */
function useActive(list: RecordList, start: number): readonly [number, (index: number) => void] {
  const [active, setActive] = useState(start)
  useLayoutEffect(() => {
    let before = list.moved
    return list.onChange(() => {
      const { lines, round } = list.moved
      const by = lines - before.lines
      if (round !== before.round) setActive(0)
      else if (by !== 0) setActive((index) => (index === 0 ? 0 : index + by))
      before = { lines, round }
    })
  }, [list])
  return [active, setActive]
}

type Place = { readonly current: HTMLDivElement | null }

/** Which lines are drawn: looked at anew after scrolling, and when the list or the room for it has changed. */
function useRange(list: RecordList, scroller: Place, head: Place, linePx: number) {
  const [, draw] = useReducer((before: number) => before + 1, 0)
  const [heightPx, setHeightPx] = useState(600)
  const [range, setRange] = useState<Range>({ first: 0, end: 0 })
  const look = useCallback(() => {
    const element = scroller.current
    if (element === null) return
    const room = element.clientHeight - (head.current?.offsetHeight ?? 0)
    setHeightPx(room)
    const next = visibleRange({ topPx: element.scrollTop, heightPx: room, linePx, count: list.count })
    setRange((before) => (before.first === next.first && before.end === next.end ? before : next))
    const first = Math.floor(element.scrollTop / linePx)
    list.look(first, first + Math.ceil(room / linePx))
  }, [list, linePx])
  useLayoutEffect(() => {
    const changed = (): void => { look(); draw(undefined) }
    const stop = list.onChange(changed)
    const sizes = new ResizeObserver(look)
    if (scroller.current !== null) sizes.observe(scroller.current)
    look()
    return () => { stop(); sizes.disconnect() }
  }, [list, look])
  return { range, heightPx, look }
}
