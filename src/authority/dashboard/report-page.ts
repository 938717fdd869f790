import type { BrowserSignIn } from '../people/contract.ts'
import type { RevocationReport } from '../revocation/contract.ts'
import { buttonLink } from '../pages/form.ts'
import { page } from '../pages/layout.ts'
import { html, nothing, type Markup } from '../pages/markup.ts'
import { card, facts, heading, notice } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import { frame, type Place } from './frame.ts'

/** What a revocation did, and where; and what it could not do. */
export function reportPage(signIn: BrowserSignIn, place: Place, what: string, report: RevocationReport): Markup {
  const { changed, delegations, sessions, connections, credentials, streamsCut, left } = report
  const lead = changed ? 'It is in force: no further call is made, and what was open has been cut.' : 'It had been revoked before. What was still left was ended now.'
  return page({
    title: 'Revoked', width: 'reading', ...frame(signIn, place),
    body: html`${heading(html`Revoked: <bdi>${plainText(what)}</bdi>`, lead)}
${left.length === 0 ? nothing : notice('warn', 'Not everything could be ended elsewhere', html`<ul>${left.map((one) => html`<li>${plainText(one, 400)}</li>`)}</ul>`)}
${card({
  body: facts([
    ...counted('Approvals ended', delegations.length),
    ...counted('Runs ended', sessions.length),
    ...counted('Connections ended', connections.length),
    ['Open streams cut', streamsCut === 0 ? 'none was open' : String(streamsCut)],
    ['Credentials', credentials.length === 0 ? 'none was in use' : html`<ul>${credentials.map(({ integration, dropped, revokedUpstream }) =>
      html`<li>${integration}: ${String(dropped)} dropped here, ${String(revokedUpstream)} of them revoked there</li>`)}</ul>`],
  ]),
  foot: html`<div class="actions">${buttonLink({ label: 'Back', href: place })}</div>`,
})}`,
  })
}

/** What none was ended of is not worth a line. */
function counted(term: string, count: number): readonly (readonly [string, string])[] {
  return count === 0 ? [] : [[term, String(count)]]
}
