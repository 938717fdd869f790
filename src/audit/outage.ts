import type { Clock } from '../lib/clock.ts'
import type { AuditEvent } from './event.ts'
import { timestamp } from './record.ts'

/** How many records were turned away so far, in this run. */
export interface LossCounts {
  readonly refused: number
  readonly dropped: number
}

interface Began {
  readonly atMs: number
  readonly reason: string
  readonly refused: number
}

/**
 * The time in which the log cannot be written: when it began, how long to wait between attempts, and what the chain is told once
 * it is over.
 */
export class Outage {
  readonly #clock: Clock
  readonly #retryMs: { readonly first: number; readonly longest: number }
  readonly #retry: () => void
  #began: Began | undefined
  #timer: NodeJS.Timeout | undefined
  #nextPauseMs: number
  #dropped = 0
  #droppedInNews = 0
  #droppedTold = 0

  constructor(clock: Clock, retryMs: { readonly first: number; readonly longest: number }, retry: () => void) {
    this.#clock = clock
    this.#retryMs = retryMs
    this.#retry = retry
    this.#nextPauseMs = retryMs.first
  }

  get active(): boolean {
    return this.#began !== undefined
  }

  /** Waiting for the next attempt. */
  get pausing(): boolean {
    return this.#timer !== undefined
  }

  /** Whether the chain has still to be told something. */
  get hasNews(): boolean {
    return this.active || this.#dropped > this.#droppedTold
  }

  /** The first reason stands; further failures of the same outage add nothing. */
  begin(reason: string, counts: LossCounts): void {
    this.#began ??= { atMs: this.#clock.nowMs(), reason, refused: counts.refused }
  }

  /** Asks for another attempt, each time after twice as long. */
  pause(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#retry()
    }, this.#nextPauseMs)
    this.#nextPauseMs = Math.min(this.#nextPauseMs * 2, this.#retryMs.longest)
  }

  noticeDrop(): void {
    this.#dropped++
  }

  /** The record that is to go with the next batch, or undefined where there is nothing to tell. */
  news(counts: LossCounts): AuditEvent | undefined {
    if (!this.hasNews) return undefined
    this.#droppedInNews = this.#dropped
    const lost = this.#dropped - this.#droppedTold
    const reason = [this.#story(counts), lost > 0 ? `${lost} records were lost for want of memory` : undefined]
    return { event: 'admin.audit_recovered', outcome: lost > 0 ? 'failed' : 'ok', reason: reason.filter(Boolean).join('; ') }
  }

  /** A batch was written. It ends the outage only where it carried the news of it: an outage is over when the chain tells of it. */
  end(toldNews: boolean): void {
    if (!toldNews) return
    this.#began = undefined
    this.#droppedTold = this.#droppedInNews
    this.#nextPauseMs = this.#retryMs.first
    this.stop()
  }

  /** No further attempt. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #story(counts: LossCounts): string | undefined {
    if (this.#began === undefined) return undefined
    const { atMs, reason, refused } = this.#began
    return `the log could not be written since ${timestamp(atMs)} (${reason}); ${counts.refused - refused} records were refused`
  }
}
