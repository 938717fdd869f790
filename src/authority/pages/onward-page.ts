import { page } from './layout.ts'
import { html, type Markup } from './markup.ts'
import { heading } from './parts.ts'

/**
 * The answer to a form after which the browser leaves for elsewhere. A redirect would not do: browsers hold the whole chain of redirects after
 * a form to `form-action`, which names no site but ours; this page goes on by itself, with a GET.
 * @param url ours, or one that was checked (a registered redirect URI, the identity provider's)
 * @param where whom the person gets back to, in words
 * @throws TypeError where the URL is of another kind, such as `javascript:`
 */
export function onwardPage(url: string, where: string): Markup {
  if (!/^(?:https?:\/\/|\/(?!\/))/.test(url)) throw new TypeError('a page goes on to a path of ours or to a web address')
  return page({
    title: 'One moment',
    width: 'narrow',
    onwardTo: url,
    body: html`${heading('One moment', `Taking you to ${where}.`)}<p><a href="${url}">Go on</a> if nothing happens.</p>`,
  })
}
