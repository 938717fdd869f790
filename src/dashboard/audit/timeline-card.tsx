import type { JSX } from 'preact'
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks'
import { go } from '../app/router.ts'
import type { Api } from '../api/client.ts'
import type { FollowState } from '../api/follow.ts'
import { counted } from '../parts/count.ts'
import { Failure } from '../parts/failure.tsx'
import { Loading } from '../parts/loading.tsx'
import { isFiltered, queryOf, reachesNow, type AuditFilter } from './audit-filter.ts'
import { isKept, keepList, takeKeptList } from './kept-list.ts'
import { NoRecords, OlderRecords } from './list-ends.tsx'
import { RecordList } from './record-list.ts'
import { recordSource, type Entry } from './record-source.ts'
import { recordHref } from './timeline-row.tsx'
import { Timeline, type ListPlace } from './timeline.tsx'
import { useLive } from './use-live.ts'

export interface TimelineCardProps {
  readonly api: Api
  readonly filter: AuditFilter
  /** The timeline's own address. */
  readonly href: string
  readonly nowMs: number
  onChange(changes: AuditFilter): void
}

const TOP: ListPlace = { topPx: 0, active: 0 }

/** The timeline with what can be done to it: paused, brought up to date, narrowed to what was denied. */
export function TimelineCard({ api, filter, href, nowMs, onChange }: TimelineCardProps): JSX.Element {
  const { list, query, start, place } = useList(api, filter, href, nowMs)
  const [isPaused, setPaused] = useState(false)
  const [round, setRound] = useState(0)
  const mayGrow = reachesNow(filter, nowMs)
  const state = useLive({ api, list, query, isOn: mayGrow && !isPaused })
  const toTop = (): void => {
    list.takeIn()
    place.current = TOP
    setRound((before) => before + 1)
  }
  // Nobody is reading farther down: what is new comes in by itself.
  useEffect(() => list.onChange(() => { if (!isPaused && place.current.topPx <= 0) list.takeIn() }), [list, isPaused])
  const open = useCallback((entry: Entry, event: MouseEvent | KeyboardEvent): void => {
    if (event instanceof MouseEvent && (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)) return
    event.preventDefault()
    keepList({ href, list, place: place.current })
    go(recordHref(entry))
    scrollTo(0, 0)
  }, [href, list])
  const isDenied = filter.outcome === 'denied'
  return <section class="card tl-card" aria-label="Timeline">
    <div class="tl-bar">
      <p role="status" class="tl-state">{liveText(state, { mayGrow, isPaused })}</p>
      <div class="actions">
        <button type="button" class="button-small" aria-pressed={isDenied} onClick={() => { onChange({ outcome: isDenied ? undefined : 'denied' }) }}>Denied only</button>
        {mayGrow && <button type="button" class="button-small" aria-pressed={isPaused} onClick={() => { setPaused(!isPaused) }}>Pause</button>}
      </div>
    </div>
    <div class="tl-new" aria-live="polite">{list.held.count > 0 && <button type="button" class="button-small button-accent" onClick={toTop}>{heldText(list)}</button>}</div>
    {list.error !== undefined && <div class="card-body"><Failure error={list.error} retry={() => { list.retry() }} /></div>}
    {!list.hasBegun && list.error === undefined && <div class="tl-blank"><Loading what="the records" /></div>}
    {list.hasBegun && list.count === 0 && <NoRecords isFiltered={isFiltered(filter)} />}
    {list.count > 0 && <Timeline key={round} list={list} start={round === 0 ? start : TOP} takesFocus={round > 0 || start !== TOP} onPlace={(now) => { place.current = now }} onOpen={open} />}
    {list.isFull && <OlderRecords list={list} filter={filter} />}
  </section>
}

/** The list of this filter: the one that was left for a record, or a new one. */
function useList(api: Api, filter: AuditFilter, href: string, nowMs: number) {
  const [, draw] = useReducer((before: number) => before + 1, 0)
  const { list, query, start } = useMemo(() => {
    const query = queryOf(filter, nowMs)
    const kept = takeKeptList(href)
    return { query, list: kept?.list ?? new RecordList(recordSource(api, query)), start: kept?.place ?? TOP }
  }, [api, href])
  const place = useRef(start)
  useEffect(() => {
    const stop = list.onChange(() => { draw(undefined) })
    list.look(0, 0)
    return () => {
      stop()
      if (!isKept(list)) list.close()
    }
  }, [list])
  return { list, query, start, place }
}

function heldText(list: RecordList): string {
  const { count, isMore } = list.held
  return isMore ? `More than ${count} new records` : counted(count, 'new record')
}

function liveText(state: FollowState, { mayGrow, isPaused }: { readonly mayGrow: boolean; readonly isPaused: boolean }): JSX.Element {
  if (!mayGrow) return <>Not live: the time that you chose has ended.</>
  if (isPaused) return <><span class="tl-dot" />Paused</>
  switch (state.kind) {
    case 'connecting': return <><span class="tl-dot" />Connecting …</>
    case 'live': return <><span class="tl-dot tl-dot-on" />Live</>
    case 'waiting': return <><span class="tl-dot tl-dot-off" />Not live: {state.error?.message ?? 'the connection ended.'} Trying again.</>
  }
}
