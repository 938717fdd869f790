import { useEffect, useState } from 'preact/hooks'
import type { Api, Query } from '../api/client.ts'
import { follow, type FollowState } from '../api/follow.ts'
import { readRecord } from './audit-record.ts'
import { Doorbell } from './doorbell.ts'
import type { RecordList } from './record-list.ts'

/** Records of other authorities on the store are told to their own viewers only. */
const LOOK_AGAIN_MS = 10_000

export interface LiveOptions {
  readonly api: Api
  readonly list: RecordList
  /** What the timeline shows. */
  readonly query: Query
  /** False while it is paused, or where nothing new can belong. */
  readonly isOn: boolean
}

/** Follows the audit as it is written: each record rings, and the list looks for what is new. */
export function useLive({ api, list, query, isOn }: LiveOptions): FollowState {
  const [state, setState] = useState<FollowState>({ kind: 'connecting' })
  useEffect(() => {
    if (!isOn) return undefined
    const abort = new AbortController()
    const bell = new Doorbell((id) => list.lookForNew(id))
    const timer = setInterval(() => { if (document.visibilityState === 'visible') bell.ring() }, LOOK_AGAIN_MS)
    void follow(api, {
      path: '/v1/audit/tail', signal: abort.signal,
      query: () => ({ ...query, lines: 0 }),
      onItem: (item) => { bell.ring(readRecord(item)?.id) },
      onState: (now) => {
        setState(now)
        // What was written while nobody listened.
        if (now.kind === 'live') bell.ring()
      },
    })
    return () => { abort.abort(); bell.close(); clearInterval(timer) }
  }, [api, list, query, isOn])
  return state
}
