import { errorPage } from '../pages/error-page.ts'
import { buttonLink } from '../pages/form.ts'
import { page } from '../pages/layout.ts'
import { html, type Markup } from '../pages/markup.ts'
import { heading } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'

const NEXT = [{ href: '/', label: 'See what acts for you' }] as const

/** Cut by a mail program, or for something that is not here any more. */
export function brokenLinkPage(): Markup {
  return errorPage({
    title: 'This link is not whole',
    text: 'It does not say what is asked for, or asks for something that is not known here. Copy it once more from where you found it, without a break in it.',
    next: NEXT,
  })
}

/** The run that was refused something is not there any more. */
export function runOverPage(): Markup {
  return errorPage({
    title: 'This run is over',
    text: 'The agent’s run has ended, or cannot take more. Nothing was approved. If the agent still needs it, start it again: it asks you anew.',
    next: NEXT,
  })
}

/** Nothing is left to decide. */
export function settledPage(agentName: string): Markup {
  return errorPage({
    title: 'It may do this already',
    text: html`You have approved all of this for <bdi>${plainText(agentName, 80)}</bdi>. If its calls are still refused, it goes on once it has a new token.`,
    next: NEXT,
  })
}

/** The page was sent twice. */
export function answeredBeforePage(address: string): Markup {
  return errorPage({
    title: 'You have answered this page',
    text: 'Only the first answer counts. To change your mind, look at it again, or revoke what you approved.',
    next: [...NEXT, { href: address, label: 'Look at it again' }],
  })
}

/** Anybody can come here by a link: it says nothing but what a click shows. */
export function moreAnsweredPage(approved: boolean): Markup {
  const title = approved ? 'It may do this now' : 'It stays as it was'
  const text = approved ? 'The agent goes on once it has a new token, without asking you again. You can close this page.'
    : 'The agent has what it had before, and no more. You can close this page.'
  return page({ title, width: 'narrow', body: html`${heading(title, text)}<p>${buttonLink({ label: 'See what acts for you', href: '/' })}</p>` })
}
