import type { JSX } from 'preact'
import type { SessionView } from '../../authority/admin/wire/delegation.ts'
import { Ago } from '../parts/moment.tsx'

export interface SessionListProps {
  readonly sessions: readonly SessionView[]
  /** Whose they are, for those who hear the page. */
  readonly about: string
  onEnd(session: SessionView): void
}

/** More of them make no list that anybody reads. */
const MOST_SHOWN = 10

/** The sessions that run by one approval, each with the way to end it alone. */
export function SessionList({ sessions, about, onEnd }: SessionListProps): JSX.Element {
  if (sessions.length === 0) return <span class="muted">nothing at the moment</span>
  return <ul class="sessions">
    {sessions.slice(0, MOST_SHOWN).map((session) => <li key={session.id} data-session={session.id}>
      <span>since <Ago at={session.started_at} />, ends <Ago at={session.expires_at} /></span>
      <button type="button" class="link-button" onClick={() => { onEnd(session) }}>End<span class="visually-hidden">: a session of {about}</span></button>
    </li>)}
    {sessions.length > MOST_SHOWN && <li class="muted">and {sessions.length - MOST_SHOWN} more</li>}
  </ul>
}
