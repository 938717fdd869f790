import { durationWords } from '../consent/durations.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { button, postForm } from '../pages/form.ts'
import { page } from '../pages/layout.ts'
import { html, nothing, type Markup } from '../pages/markup.ts'
import { heading, notice } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import { frame } from './frame.ts'

/** What a reason may be long. */
export const MAX_REASON = 500
const OFFERED_MS = [15 * 60_000, 3_600_000, 4 * 3_600_000]

/** For how long emergency access can be asked for. Pure. */
export function offeredDurations(maxMs: number): readonly number[] {
  return [...new Set([...OFFERED_MS.filter((ms) => ms <= maxMs), ...(OFFERED_MS.some((ms) => ms <= maxMs) ? [] : [maxMs])])]
}

/** Asks to be an operator for a while; a colleague who is one has to agree. */
export function breakGlassPage(signIn: BrowserSignIn, maxMs: number, refused: { readonly reason: string; readonly problem: string } | undefined): Markup {
  const [first, ...longer] = offeredDurations(maxMs)
  const options = [first ?? maxMs, ...longer].map((ms) => html`<option value="${String(ms)}">${durationWords(ms)}</option>`)
  const invalid = refused === undefined ? nothing : html` aria-invalid="true"`
  return page({
    title: 'Ask for emergency access', width: 'reading', ...frame(signIn),
    body: html`${heading('Ask for emergency access', 'You would be an operator for a while: you could revoke agents and answer for others. A colleague who is an operator has to agree.')}
${refused === undefined ? nothing : notice('bad', 'Nothing was asked yet', refused.problem)}
${postForm({
      action: '/break-glass', csrf: signIn.csrf, className: 'stack',
      body: html`<div class="field"><label for="reason">Reason</label>
<textarea class="prose" id="reason" name="reason" rows="3" maxlength="${String(MAX_REASON)}" required${invalid} aria-describedby="reason-hint">
${refused === undefined ? '' : plainText(refused.reason, MAX_REASON)}</textarea>
<p class="hint" id="reason-hint">Your colleague reads it, and it stands in the audit.</p></div>
<div class="field"><label for="duration">For how long</label><select id="duration" name="duration">${options}</select></div>
<div class="actions">${button({ label: 'Ask', tone: 'accent' })}</div>`,
    })}`,
  })
}
