import { button, postForm } from '../pages/form.ts'
import { errorPage } from '../pages/error-page.ts'
import { page } from '../pages/layout.ts'
import { html, nothing, type Markup } from '../pages/markup.ts'
import { facts, heading } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { shownPerson } from '../people/shown-person.ts'
import { FIELDS } from './choice.ts'

/** Answered before, too old, never there, or begun in another browser. */
export function overPage(): Markup {
  return errorPage({
    title: 'This request is over',
    text: 'It was answered before, waited too long, or was begun in another browser. If the agent still waits, start it again from there.',
    next: [{ href: '/', label: 'See what you have approved' }],
  })
}

/** A run is extended by the person it runs for alone. */
export function othersRunPage(signIn: BrowserSignIn, path: string): Markup {
  return errorPage({
    title: 'This run is not yours',
    text: html`The agent asks for more in a run that somebody else approved, or that has ended. You are signed in as <bdi>${plainText(shownPerson(signIn.person))}</bdi>.`,
    next: [
      { href: `/login?${new URLSearchParams({ switch: '1', return: path }).toString()}`, label: 'Use another account' },
      { href: '/', label: 'See what you have approved' },
    ],
  })
}

/** Our own command line asks who somebody is. */
export function commandLinePage(signIn: BrowserSignIn, path: string, answerTo: string | undefined, userCode: string | undefined): Markup {
  return page({
    title: 'Sign in to the command line',
    width: 'narrow',
    body: html`${heading('Sign in to the command line?', 'It can then do what you can do in Postern, until you sign it out.')}
${facts([
      ['You are', html`<bdi>${plainText(shownPerson(signIn.person))}</bdi> · <a href="/login?${new URLSearchParams({ switch: '1', return: path }).toString()}">Use another account</a>`],
      ['Answer goes to', answerTo === undefined ? 'The terminal that shows the code' : html`<code>${plainText(answerTo, 100)}</code>`],
    ])}
${userCode === undefined ? nothing : html`<p class="code-block">${plainText(userCode, 24)}</p>`}
<p class="hint">Go on only if you ran <code>postern login</code> yourself, just now.</p>
${postForm({
      action: path, csrf: signIn.csrf, className: 'actions actions-even',
      body: html`${button({ label: 'Cancel', tone: 'strong', name: FIELDS.answer, value: 'deny' })}${button({ label: 'Sign in', tone: 'accent', name: FIELDS.answer, value: 'approve' })}`,
    })}`,
  })
}
