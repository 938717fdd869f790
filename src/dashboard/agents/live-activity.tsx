import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { follow, type FollowState } from '../api/follow.ts'
import type { Api } from '../api/client.ts'
import { Badge } from '../parts/badge.tsx'

const KEPT = 50

interface Line {
  readonly key: string
  readonly at: string
  readonly event: string
  readonly what: string
  readonly isDenied: boolean
}

/** What the agent does, as it does it: the newest first. */
export function LiveActivity({ api, id }: { readonly api: Api; readonly id: string }): JSX.Element {
  const [lines, setLines] = useState<readonly Line[]>([])
  const [state, setState] = useState<FollowState>({ kind: 'connecting' })
  useEffect(() => {
    const abort = new AbortController()
    setLines([])
    void follow(api, {
      path: '/v1/audit/tail', query: () => ({ agent: id, lines: 10 }), signal: abort.signal, onState: setState,
      onItem: (item) => { setLines((before) => withLine(before, lineOf(item))) },
    })
    return () => { abort.abort() }
  }, [api, id])
  return <div class="stack-tight">
    <p class="small" role="status">{state.kind === 'live' ? <Badge tone="good">live</Badge> : <><Badge tone="warn">not live</Badge> {state.kind === 'waiting' && state.error !== undefined ? state.error.message : 'Connecting …'}</>}</p>
    {lines.length === 0 ? <p class="empty">Nothing yet. What it does appears here at once.</p>
      : <ol class="activity" aria-label="What it does right now" tabIndex={0}>{lines.map(({ key, at, event, what, isDenied }) => <li key={key}>
        <time dateTime={at}>{at.slice(11, 19)}</time>
        <span><span class={isDenied ? 'is-bad' : ''}>{event}</span> <bdi>{what}</bdi></span>
      </li>)}</ol>}
  </div>
}

/** A stream that begins anew tells the last ones again: each stands there once. */
function withLine(before: readonly Line[], line: Line | undefined): readonly Line[] {
  return line === undefined || before.some(({ key }) => key === line.key) ? before : [line, ...before].slice(0, KEPT)
}

/** Only what one line needs; whatever is no record is left out. Pure. */
function lineOf(item: unknown): Line | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const record = item as Readonly<Record<string, unknown>>
  const text = (name: string): string => (typeof record[name] === 'string' ? record[name] : '')
  const http = typeof record['http'] === 'object' && record['http'] !== null ? record['http'] as Readonly<Record<string, unknown>> : {}
  const request = [http['method'], http['path'], http['status']].filter((part) => typeof part === 'string' || typeof part === 'number').join(' ')
  const what = [request === '' ? text('operation') : request, text('target'), text('integration')].find((part) => part !== '') ?? text('reason')
  return { key: text('id'), at: text('ts'), event: text('event'), what, isDenied: text('outcome') === 'denied' }
}
