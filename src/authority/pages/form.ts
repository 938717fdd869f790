import { html, nothing, type Content, type Markup } from './markup.ts'

/** The name of the field that carries the token of the browser's session. */
export const CSRF_FIELD = 'csrf'

/** The token, in a form that is sent with POST. */
export function csrfField(csrf: string): Markup {
  return html`<input type="hidden" name="${CSRF_FIELD}" value="${csrf}">`
}

export interface PostFormOptions {
  readonly action: string
  readonly csrf: string
  /** Hidden fields beside the token. */
  readonly fields?: Readonly<Record<string, string>> | undefined
  readonly className?: string | undefined
  readonly body: Content
}

/** A form that changes something: always POST, always with the token. */
export function postForm({ action, csrf, fields = {}, className, body }: PostFormOptions): Markup {
  const hidden = Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)
  return html`<form method="post" action="${action}"${className === undefined ? nothing : html` class="${className}"`}>${csrfField(csrf)}${hidden}${body}</form>`
}

export interface ButtonOptions {
  readonly label: Content
  readonly tone?: 'plain' | 'accent' | 'strong' | 'danger' | undefined
  readonly size?: 'normal' | 'small' | 'wide' | undefined
  /** Sent with the form. */
  readonly name?: string | undefined
  readonly value?: string | undefined
}

/** A button that sends its form. */
export function button({ label, tone, size, name, value }: ButtonOptions): Markup {
  const sent = name === undefined ? nothing : html` name="${name}" value="${value ?? ''}"`
  return html`<button type="submit" class="${buttonClass(tone, size)}"${sent}>${label}</button>`
}

export interface ButtonLinkOptions extends Pick<ButtonOptions, 'label' | 'tone' | 'size'> {
  readonly href: string
  /** Of several that look the same, what this one is about: read out, not shown. Made for a page. */
  readonly about?: string | undefined
}

/** A link that looks like a button: it only leads somewhere. */
export function buttonLink({ label, href, tone, size, about }: ButtonLinkOptions): Markup {
  const more = about === undefined ? nothing : html`<span class="visually-hidden">: ${about}</span>`
  return html`<a class="button ${buttonClass(tone, size)}" href="${href}">${label}${more}</a>`
}

function buttonClass(tone: ButtonOptions['tone'] = 'plain', size: ButtonOptions['size'] = 'normal'): string {
  return [tone === 'plain' ? '' : `button-${tone}`, size === 'normal' ? '' : `button-${size}`].filter((name) => name !== '').join(' ')
}
