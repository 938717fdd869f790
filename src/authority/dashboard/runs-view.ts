import type { StoredSession } from '../../store/ports/delegations.ts'
import { html, nothing, type Markup } from '../pages/markup.ts'
import { agoText, moment, untilText } from './moments.ts'

/** More of them make no list that anybody reads. */
const MOST_SHOWN = 10

/** The runs of one delegation, each with the way to end it alone. @param name of the agent, made for a page */
export function runsView(sessions: readonly StoredSession[], name: string, nowMs: number, mayEnd = true): Markup {
  if (sessions.length === 0) return html`<span class="muted">none at the moment</span>`
  const rows = sessions.slice(0, MOST_SHOWN).map(({ id, startedAtMs, expiresAtMs }) => {
    const end = mayEnd ? html` · <a class="nowrap" href="/sessions/${id}/revoke">End it<span class="visually-hidden">: the run of ${name} that began ${agoText(startedAtMs, nowMs)}</span></a>` : nothing
    return html`<li>began ${moment(startedAtMs, agoText(startedAtMs, nowMs))}, ends ${moment(expiresAtMs, untilText(expiresAtMs, nowMs))}${end}</li>`
  })
  const rest = sessions.length - MOST_SHOWN
  return html`<ul>${rows}${rest > 0 ? html`<li class="muted">and ${String(rest)} more</li>` : nothing}</ul>`
}
