import { Component, type JSX } from 'preact'
import { plainText } from '../parts/plain-text.ts'
import type { Item } from './days.ts'
import { clockText, dayText } from './moment-text.ts'
import type { Entry } from './record-source.ts'
import { rowWords } from './record-words.ts'

export interface RowProps {
  /** Of the element, which shows another record after scrolling. */
  readonly id: string
  /** The line's number, from 0. */
  readonly index: number
  /** Undefined while it is being read. */
  readonly item: Item | undefined
  readonly heightPx: number
  readonly isActive: boolean
  readonly onOpen: (entry: Entry, event: MouseEvent) => void
}

/** Where a record has its page. */
export function recordHref({ chain, record }: Entry): string {
  return `/audit/${encodeURIComponent(chain)}/${record.seq}`
}

/** One line of the timeline; drawn again only where it shows something else. */
export class TimelineRow extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { index, item, heightPx, isActive } = this.props
    return next.index !== index || next.item !== item || next.heightPx !== heightPx || next.isActive !== isActive
  }

  override render(): JSX.Element {
    const { id, index, item, heightPx, isActive } = this.props
    const place = { transform: `translateY(${index * heightPx}px)`, blockSize: `${heightPx}px` }
    // The line above all others has the columns' names.
    const shared = { role: 'row', id, 'aria-rowindex': index + 2, style: place } as const
    if (item === undefined) return <div {...shared} class="tl-row tl-waits"><span role="gridcell">Loading …</span></div>
    if (item.kind === 'day') return <div {...shared} class="tl-row tl-day"><span role="gridcell"><time dateTime={item.at}>{dayText(item.at)}</time></span></div>
    const { what, who, ended, tone } = rowWords(item.entry.record)
    const { ts, event } = item.entry.record
    return <div {...shared} class={`tl-row tl-${tone}${isActive ? ' tl-active' : ''}`} aria-selected={isActive}>
      <span role="gridcell" class="tl-time"><time dateTime={ts} title={ts}>{clockText(ts)}</time></span>
      <span role="gridcell" class="tl-event"><a href={recordHref(item.entry)} tabIndex={-1} onClick={this.#open}>{plainText(event)}</a></span>
      <span role="gridcell" class="tl-what"><bdi>{plainText(what, 400)}</bdi></span>
      <span role="gridcell" class="tl-who"><bdi>{plainText(who)}</bdi></span>
      <span role="gridcell" class="tl-end">{plainText(ended)}</span>
    </div>
  }

  readonly #open = (event: MouseEvent): void => {
    const { item, onOpen } = this.props
    if (item?.kind === 'record') onOpen(item.entry, event)
  }
}
